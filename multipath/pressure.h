// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/time.h"

namespace hawser {

// For how long packets have been waiting for budget. A need that ends for longer than kGap begins
// anew.
class Pressure {
 public:
  static constexpr Milliseconds kGap{20};

  // A packet has no budget now. Returns since when.
  Duration note(TimePoint now) {
    if (!since_ || now - last_ > kGap) since_ = now;
    last_ = now;
    return now - *since_;
  }

 private:
  std::optional<TimePoint> since_;
  TimePoint last_;
};

}  // namespace hawser
