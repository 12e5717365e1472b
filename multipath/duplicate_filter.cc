// SPDX-License-Identifier: Apache-2.0
#include "multipath/duplicate_filter.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace hawser {

DuplicateFilter::DuplicateFilter(std::uint64_t first)
    : ring_(kCapacityMin),
      highest_(first - 1),
      floor_(first),
      epoch_start_(highest_),
      epoch_before_(highest_) {
  assert(first > 0);
}

void DuplicateFilter::adapt(std::uint64_t number, TimePoint now) {
  if (now >= epoch_end_) {
    const bool idle = now >= epoch_end_ + kEpoch;
    epoch_before_ = idle ? highest_ : epoch_start_;
    epoch_start_ = highest_;
    epoch_end_ = now + kEpoch;
  }
  const std::uint64_t extent = std::min<std::uint64_t>(number - epoch_before_, kCapacityMax - 1);
  const std::size_t needed = std::max<std::size_t>(kCapacityMin, std::bit_ceil(extent + 1));
  if (needed > capacity_) {
    // Twice, so that a rate that rises costs few copies.
    resize(std::min(2 * needed, kCapacityMax));
  } else if (needed < capacity_ / 8) {
    resize(2 * needed);
  }
}

// Before the highest number moves: those between it and the next one are then not seen yet, however
// far they lie apart.
void DuplicateFilter::resize(std::size_t capacity) {
  if (highest_ >= capacity_) floor_ = std::max(floor_, highest_ - capacity_ + 1);
  ring_ = ring_.resized(capacity, highest_);
  capacity_ = capacity;
}

}  // namespace hawser
