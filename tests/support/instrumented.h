// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hawser {

// A build with a sanitizer makes a simulation last six (AddressSanitizer) or thirty times as long
// (ThreadSanitizer). It looks for what the sanitizer finds, which takes one seed; what takes many
// is judged by the optimised build.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsInstrumented = true;
#else
inline constexpr bool kIsInstrumented = false;
#endif

inline constexpr std::uint64_t seeds_to_run(std::uint64_t count) {
  return kIsInstrumented ? 1 : count;
}

}  // namespace hawser
