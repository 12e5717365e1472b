// SPDX-License-Identifier: Apache-2.0
#include "antireplay/replay_window.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace hawser {

ReplayWindow::ReplayWindow(std::uint32_t capacity, SequenceNumber floor)
    : capacity_(capacity), highest_(floor), floor_(floor), ring_(capacity) {
  assert(std::has_single_bit(capacity) && capacity >= kMinCapacity && capacity <= kMaxCapacity);
}

void ReplayWindow::resize(std::uint32_t capacity) {
  assert(capacity >= kMinCapacity && capacity <= kMaxCapacity);
  if (capacity == capacity_) return;
  if (highest_.value() >= capacity_) {
    floor_ = std::max(floor_, SequenceNumber(highest_.value() - capacity_));
  }
  ring_ = ring_.resized(capacity, highest_.value());
  capacity_ = capacity;
}

}  // namespace hawser
