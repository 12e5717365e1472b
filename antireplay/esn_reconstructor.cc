// SPDX-License-Identifier: Apache-2.0
#include "antireplay/esn_reconstructor.h"

namespace hawser {

SequenceNumber reconstruct_esn(std::uint32_t low, SequenceNumber highest) {
  constexpr std::uint64_t kCycle = std::uint64_t{1} << 32;
  constexpr std::uint64_t kHalf = kCycle / 2;
  const std::uint64_t top = highest.value();
  const std::uint64_t candidate = (top & ~(kCycle - 1)) | low;
  if (candidate > top && candidate - top > kHalf && candidate >= kCycle) {
    return SequenceNumber(candidate - kCycle);
  }
  if (candidate < top && top - candidate >= kHalf && candidate <= UINT64_MAX - kCycle) {
    return SequenceNumber(candidate + kCycle);
  }
  return SequenceNumber(candidate);
}

}  // namespace hawser
