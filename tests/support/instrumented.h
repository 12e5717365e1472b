// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hawser {

// A build with a sanitizer makes a simulation last six (AddressSanitizer) or thirty times as long
// (ThreadSanitizer). It looks for what the sanitizer finds, which takes one seed; what takes many
// is judged by the optimised build.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsInstrumented = true;
#else
inline constexpr bool kIsInstrumented = false;
#endif

}  // namespace hawser
