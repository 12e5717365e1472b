// SPDX-License-Identifier: Apache-2.0
#include "antireplay/window_sizer.h"

#include <algorithm>
#include <bit>

namespace hawser {

bool WindowSizer::take_sample(TimePoint now) {
  if (now >= sample_second_end_) {
    sample_second_end_ = now + Seconds(1);
    samples_left_ = kSamplesPerSecond;
  }
  if (samples_left_ == 0) return false;
  --samples_left_;
  return true;
}

void WindowSizer::note_late(std::uint64_t extent) {
  if (extent > plausible_extent_) return;
  extents_[0] = std::max(extents_[0], extent);
}

// Twice the extent, so that what comes a little later still fits.
std::uint32_t WindowSizer::capacity_for(std::uint64_t extent) const {
  const std::uint64_t wanted = std::min<std::uint64_t>(2 * (extent + 1), options_.max_capacity);
  return std::clamp(static_cast<std::uint32_t>(std::bit_ceil(wanted)), options_.min_capacity,
                    options_.max_capacity);
}

std::uint32_t WindowSizer::update(std::uint32_t capacity, SequenceNumber highest, TimePoint now) {
  if (now >= next_checkpoint_) checkpoint(highest, now);
  // With every batch: traffic that has just begun to flow fast is late by more than what flowed in
  // the seconds before.
  if (checkpoint_count_ == kCheckpoints) {
    plausible_extent_ = highest.value() - checkpoints_.front();
  }
  const std::uint32_t needed = capacity_for(extent());
  if (needed > capacity) return needed;
  if (now < epoch_end_) return std::max(capacity, options_.min_capacity);
  epoch_end_ = now + kEpoch;
  extents_ = {0, extents_[0]};
  // A quarter at most each time: 1 Mi is back at 64 after 7 steps.
  return std::max(needed, std::max(capacity / 4, options_.min_capacity));
}

// How far the numbers have come in the last kMaxLateness: nothing sent before that is late, it is
// old.
void WindowSizer::checkpoint(SequenceNumber highest, TimePoint now) {
  next_checkpoint_ = now + Seconds(1);
  if (checkpoint_count_ == kCheckpoints) {
    std::shift_left(checkpoints_.begin(), checkpoints_.end(), 1);
    --checkpoint_count_;
  }
  checkpoints_[checkpoint_count_++] = highest.value();
}

}  // namespace hawser
