// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace hawser {

// Whether the packets of a path alone need the shim, in one worker. They go without it, unless
// there lately were several paths, the peer measures, or the path itself does not keep order: then
// they are worth putting in order. An end that finds the latter reports what comes, and the other
// one, which has no reason to be reported to, takes that as being asked for numbers.
//
// That one does not report in turn, else two ends would keep each other at it for ever.
class ShimNeed {
 public:
  // Longer than either end keeps a packet waiting for its turn.
  static constexpr Duration kHold = Seconds(2);
  // Of what was overtaken: more than one packet in so many, and soon that many of them.
  static constexpr std::uint32_t kOneIn = 1000;
  static constexpr std::uint32_t kOvertaken = 8;
  static constexpr Duration kDisorderHold = Seconds(10);

  // There are several paths, or the peer measures.
  void measure(TimePoint now) { measured_until_ = std::max(measured_until_, now + kHold); }
  // Our packets are to be numbered; what comes is not measured for it.
  void number(TimePoint now) { numbered_until_ = now + kDisorderHold; }
  // A data packet came, with an ESP number above all those before it or not. True: the path does
  // not keep order.
  bool note(bool is_newest, TimePoint now) {
    if (is_newest) {
      if (disorder_ > 0) --disorder_;
    } else {
      disorder_ = std::min(disorder_ + kOneIn, (kOvertaken + 2) * kOneIn);
    }
    if (disorder_ >= kOvertaken * kOneIn) disorderly_until_ = now + kDisorderHold;
    return now < disorderly_until_;
  }

  bool is_measured(TimePoint now) const { return now < measured_until_; }
  bool is_numbered(TimePoint now) const { return is_measured(now) || now < numbered_until_; }

 private:
  TimePoint measured_until_{};
  TimePoint numbered_until_{};
  TimePoint disorderly_until_{};
  std::uint32_t disorder_ = 0;  // kOneIn for each that was overtaken, less one for each other
};

}  // namespace hawser
