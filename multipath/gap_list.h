// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "multipath/held_packets.h"

namespace hawser {

// Consecutive numbers of a bucket that have not come, while later ones have; and the frames that
// wait right behind it.
struct Gap {
  std::uint64_t first = 0;
  std::uint64_t end = 0;  // behind the last
  TimePoint since;        // when the first frame behind it came

  // What the paths that delivered a later frame tell.
  std::uint32_t passed = 0;       // these paths, a bit each
  TimePoint passed_at;            // the last of them, and by when it would have been corrected
  std::uint64_t lost_on_way = 0;  // packets that those paths missed as they passed
  bool maybe_lost = false;        // a path does not say what it missed

  bool imagined = false;  // a bucket whose beginning is not known
  std::uint8_t asked = 0;
  TimePoint asked_at;

  // The chain of the frames between this gap and the next.
  HeldPackets::Index run_head = HeldPackets::kNone;
  HeldPackets::Index run_tail = HeldPackets::kNone;

  std::uint64_t size() const { return end - first; }
};

// The gaps of a bucket, lowest numbers first, never touching. Taking the first costs no more than
// any other step, for that is what happens all the time.
class GapList {
 public:
  bool empty() const { return head_ == gaps_.size(); }
  std::size_t size() const { return gaps_.size() - head_; }
  Gap& operator[](std::size_t i) { return gaps_[head_ + i]; }
  const Gap& operator[](std::size_t i) const { return gaps_[head_ + i]; }
  Gap& front() { return gaps_[head_]; }
  const Gap& front() const { return gaps_[head_]; }
  Gap& back() { return gaps_.back(); }

  // How many gaps lie wholly before this number.
  std::size_t count_before(std::uint64_t number) const;
  // The place of the gap that has this number in it; size() if none has.
  std::size_t find(std::uint64_t number) const;
  void push_back(const Gap& gap) { gaps_.push_back(gap); }
  void insert(std::size_t place, const Gap& gap);
  void erase(std::size_t place);
  void clear();

 private:
  std::vector<Gap> gaps_;
  std::size_t head_ = 0;
};

}  // namespace hawser
