// SPDX-License-Identifier: Apache-2.0
#include "antireplay/replay_window.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace hawser {

// The window ends anywhere inside a word, so capacity / 64 words do not cover it; twice as many
// keep the ring's length a power of two.
std::size_t ReplayWindow::ring_size(std::uint32_t capacity) {
  assert(std::has_single_bit(capacity) && capacity >= kMinCapacity && capacity <= kMaxCapacity);
  return std::size_t{capacity} / 64 * 2;
}

ReplayWindow::ReplayWindow(std::uint32_t capacity, SequenceNumber floor)
    : capacity_(capacity),
      highest_(floor),
      floor_(floor),
      ring_(ring_size(capacity)),
      mask_(ring_.size() - 1) {}

void ReplayWindow::resize(std::uint32_t capacity) {
  if (capacity == capacity_) return;
  if (highest_.value() >= capacity_) {
    floor_ = std::max(floor_, SequenceNumber(highest_.value() - capacity_));
  }
  const std::vector<Word> old = std::exchange(ring_, std::vector<Word>(ring_size(capacity)));
  capacity_ = capacity;
  mask_ = ring_.size() - 1;
  // Of two blocks that meet in one word of a smaller ring the newer one is inside the window.
  const std::uint64_t newest = highest_.value() / 64;
  for (const Word& word : old) {
    if (word.bits == 0) continue;  // never used
    Word& place = ring_[word.block & mask_];
    if (newest - word.block < ring_.size() && word.block >= place.block) place = word;
  }
}

}  // namespace hawser
