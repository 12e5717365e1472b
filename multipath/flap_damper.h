// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

namespace hawser {

// How long a path has to be steady before it is used again: a second at first, twice as long each
// time that it fails soon after, a minute at most. A minute of use halves it again.
class FlapDamper {
 public:
  static constexpr Duration kShortest = Seconds(1);
  static constexpr Duration kLongest = Seconds(60);

  void note_active(TimePoint now) { active_since_ = now; }
  // The use that note_active() began has ended.
  void note_left(TimePoint now);
  Duration hold() const { return hold_; }
  // A first short silence in a long time is forgiven at once.
  bool is_first() const { return strikes_ <= 1; }

 private:
  Duration hold_ = kShortest;
  unsigned strikes_ = 0;
  TimePoint active_since_;
};

}  // namespace hawser
