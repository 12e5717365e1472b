// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "base/time.h"

namespace hawser {

// The best sample of a sliding window: std::less<> for the least, std::greater<> for the greatest.
// Constant memory: samples that come within a sixteenth of the window count as one, so a value may
// be forgotten that much too early. Without a new sample nothing is forgotten.
template <typename T, typename Better>
class WindowedExtreme {
 public:
  void update(T value, TimePoint now, Duration window) {
    while (count_ > 0 && now - at(0).time > window) drop_first();
    while (count_ > 0 && !Better()(at(count_ - 1).value, value)) --count_;
    if (count_ > 0 && now - at(count_ - 1).time < window / 16) return;
    if (count_ == kCapacity) drop_first();
    at(count_++) = {value, now};
  }
  bool empty() const { return count_ == 0; }
  // Not of an empty one.
  T value() const { return entries_[first_].value; }

 private:
  static constexpr std::size_t kCapacity = 18;
  struct Entry {
    T value{};
    TimePoint time;
  };

  Entry& at(std::size_t rank) { return entries_[(first_ + rank) % kCapacity]; }
  void drop_first() {
    first_ = (first_ + 1) % kCapacity;
    --count_;
  }

  // Each is worse than the one before it, and younger.
  std::array<Entry, kCapacity> entries_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace hawser
