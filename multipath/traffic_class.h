// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace hawser {

// What a packet needs of a path; on the wire in the shim's class field.
enum class TrafficClass : std::uint8_t {
  kRealTime = 0,     // late is lost: voice
  kInteractive = 1,  // small and waited for
  kBulk = 2,         // as much as fits
};
inline constexpr std::size_t kTrafficClasses = 3;

}  // namespace hawser
