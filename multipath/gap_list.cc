// SPDX-License-Identifier: Apache-2.0
#include "multipath/gap_list.h"

#include <algorithm>

namespace hawser {
namespace {

// A list that was longer gives its memory back when it is empty.
constexpr std::size_t kKeptCapacity = 16;

}  // namespace

std::size_t GapList::count_before(std::uint64_t number) const {
  const auto begin = gaps_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::partition_point(begin, gaps_.end(),
                                          [number](const Gap& gap) { return gap.end <= number; });
  return static_cast<std::size_t>(found - begin);
}

std::size_t GapList::find(std::uint64_t number) const {
  const std::size_t place = count_before(number);
  return place < size() && (*this)[place].first <= number ? place : size();
}

void GapList::insert(std::size_t place, const Gap& gap) {
  gaps_.insert(gaps_.begin() + static_cast<std::ptrdiff_t>(head_ + place), gap);
}

void GapList::erase(std::size_t place) {
  if (place != 0) {
    gaps_.erase(gaps_.begin() + static_cast<std::ptrdiff_t>(head_ + place));
    return;
  }
  ++head_;
  if (empty()) {
    clear();
  } else if (head_ > gaps_.size() / 2) {
    gaps_.erase(gaps_.begin(), gaps_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void GapList::clear() {
  gaps_.clear();
  head_ = 0;
  if (gaps_.capacity() > kKeptCapacity) std::vector<Gap>().swap(gaps_);
}

}  // namespace hawser
