// SPDX-License-Identifier: Apache-2.0
#include "multipath/reorder_meter.h"

#include <algorithm>

namespace hawser {

ReorderCounts& ReorderCounts::operator+=(const ReorderCounts& other) {
  packets += other.packets;
  reordered += other.reordered;
  n_reordered += other.n_reordered;
  extent_max = std::max(extent_max, other.extent_max);
  extent_sum += other.extent_sum;
  late_max = std::max(late_max, other.late_max);
  return *this;
}

Lateness ReorderMeter::note(std::uint64_t number, TimePoint now) {
  Lateness lateness;
  // RFC 4737 section 3.3: reordered is what is less than the next that is expected.
  if (counts_.packets > 0 && number <= highest_) {
    lateness = note_reordered(number, now);
  } else {
    highest_ = number;
    remember(number, now);
  }
  last_[counts_.packets % kN] = number;
  ++counts_.packets;
  return lateness;
}

Lateness ReorderMeter::note_reordered(std::uint64_t number, TimePoint now) {
  // Section 4.2.2: the extent reaches back to the earliest arrival with a greater number. That one
  // came in order itself: had one before it been greater still, it would not be the earliest.
  std::size_t low = 0;
  std::size_t high = count_ - 1;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (at(middle).number > number) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const Arrival& earliest = at(low);
  Lateness lateness{.extent = counts_.packets - earliest.index, .late = now - earliest.time};
  const bool beyond_memory = low == 0 && count_ == in_order_.size();
  if (beyond_memory) lateness.extent = std::max(lateness.extent, highest_ - number);

  ++counts_.reordered;
  counts_.extent_sum += lateness.extent;
  counts_.extent_max = std::max(counts_.extent_max, lateness.extent);
  counts_.late_max = std::max(counts_.late_max, lateness.late);
  // Section 5.3.
  if (counts_.packets >= kN && std::ranges::all_of(last_, [&](auto n) { return n > number; })) {
    ++counts_.n_reordered;
  }
  return lateness;
}

const ReorderMeter::Arrival& ReorderMeter::at(std::size_t rank) const {
  return in_order_[(first_ + rank) & (in_order_.size() - 1)];
}

void ReorderMeter::remember(std::uint64_t number, TimePoint now) {
  in_order_[(first_ + count_) & (in_order_.size() - 1)] = {number, counts_.packets, now};
  if (count_ < in_order_.size()) {
    ++count_;
  } else {
    first_ = (first_ + 1) & (in_order_.size() - 1);
  }
}

}  // namespace hawser
