// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace hawser {

// How often something may happen: a bucket of tokens, full at first.
class Allowance {
 public:
  Allowance(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // Takes a token; false if there is none.
  bool take(TimePoint now) {
    const std::chrono::duration<double> step = now - filled_;
    filled_ = now;
    tokens_ = std::min(burst_, tokens_ + std::max(0.0, step.count()) * per_second_);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  TimePoint filled_{};
};

}  // namespace hawser
