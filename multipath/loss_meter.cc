// SPDX-License-Identifier: Apache-2.0
#include "multipath/loss_meter.h"

#include <algorithm>

namespace hawser {

void LossMeter::note(std::uint64_t sequence) {
  if (sequence <= highest_) {
    note_late(sequence);
    return;
  }
  if (highest_ == 0 && sequence > kFresh) begin_at(sequence);
  if (sequence - highest_ > kPatienceMax) skip_to(sequence - 1);
  for (std::uint64_t missing = highest_ + 1; missing < sequence; ++missing) set(missing, false);
  set(sequence, true);
  ++came_count_;
  highest_ = sequence;
  if (highest_ >= epoch_end_) {
    extents_ = {0, extents_[0]};
    epoch_end_ = highest_ + kEpoch;
  }
  const std::uint64_t wait = patience();
  if (highest_ > wait) settle(highest_ - wait);
}

void LossMeter::begin_at(std::uint64_t sequence) {
  settle(highest_);
  highest_ = settled_ = base_ = sequence - 1;
  came_count_ = 0;
  came_.fill(0);
  last_was_lost_ = false;
}

void LossMeter::settle(std::uint64_t up_to) {
  up_to = std::min(up_to, highest_);
  for (; settled_ < up_to; ++settled_) {
    const bool lost = !has(settled_ + 1);
    if (lost) {
      ++counts_.lost;
      if (!last_was_lost_) ++counts_.runs;
    }
    last_was_lost_ = lost;
  }
}

bool LossMeter::waits() const {
  for (std::uint64_t sequence = settled_ + 1; sequence < highest_; ++sequence) {
    if (!has(sequence)) return true;
  }
  return false;
}

// So many are missing at once that no reordering explains it.
void LossMeter::skip_to(std::uint64_t sequence) {
  settle(highest_);
  if (sequence - highest_ >= kJump) {
    begin_at(sequence + 1);
    return;
  }
  counts_.lost += sequence - highest_;
  if (!last_was_lost_) ++counts_.runs;
  last_was_lost_ = true;
  came_.fill(0);
  highest_ = settled_ = sequence;
}

void LossMeter::note_late(std::uint64_t sequence) {
  if (sequence <= base_) return;
  ++came_count_;
  const std::uint64_t extent = highest_ - sequence;
  extents_[0] = std::max(extents_[0], extent);
  if (sequence > settled_) {
    set(sequence, true);
    return;
  }
  if (counts_.lost > 0) --counts_.lost;
  if (sequence == settled_) last_was_lost_ = false;
  if (extent + 1 >= kBits) {
    // Its neighbours are forgotten; most late packets are late alone.
    if (counts_.runs > 0) --counts_.runs;
    return;
  }
  const bool joins_left = sequence - 1 > base_ && !has(sequence - 1);
  const bool joins_right = sequence < settled_ && !has(sequence + 1);
  if (joins_left && joins_right) ++counts_.runs;
  if (!joins_left && !joins_right && counts_.runs > 0) --counts_.runs;
  set(sequence, true);
}

std::uint64_t LossMeter::patience() const {
  const std::uint64_t extent = std::max(extents_[0], extents_[1]);
  return std::clamp(extent + extent / 4 + 1, kPatienceMin, kPatienceMax);
}

bool LossMeter::has(std::uint64_t sequence) const {
  const std::uint64_t bit = sequence % kBits;
  return (came_[bit / 64] >> (bit % 64) & 1) != 0;
}

void LossMeter::set(std::uint64_t sequence, bool came) {
  const std::uint64_t bit = sequence % kBits;
  const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
  came_[bit / 64] = came ? came_[bit / 64] | mask : came_[bit / 64] & ~mask;
}

}  // namespace hawser
