// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "base/time.h"
#include "multipath/windowed_extreme.h"

namespace hawser {

// Smoothed round trip, its variation (RFC 6298 section 2) and its minimum in the last 10 s.
class RttEstimator {
 public:
  static constexpr Duration kWindow = Seconds(10);
  static constexpr Duration kMax = Seconds(60);  // what is more is not believed

  void add(Duration sample, TimePoint now);
  std::optional<Duration> smoothed() const { return smoothed_; }
  std::optional<Duration> minimum() const;
  std::optional<Duration> latest() const { return latest_; }
  Duration variation() const { return variation_; }

 private:
  std::optional<Duration> smoothed_;
  std::optional<Duration> latest_;
  Duration variation_{0};
  WindowedExtreme<Duration, std::less<>> minimum_;
};

}  // namespace hawser
