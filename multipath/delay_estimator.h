// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "base/time.h"
#include "multipath/path_report.h"
#include "multipath/windowed_extreme.h"

namespace hawser {

// The difference of two hosts' clocks as one path first saw it: what all paths between them
// subtract, so that their delays can be compared however the stamps wrap.
struct DelayOrigin {
  std::optional<ShimStamp> zero;
};

// One-way delay of a path from what its receiver reports: smoothed, least, and the difference of
// both, which is the queue. Clocks drift apart by up to 0.1 ms per second; the window of the
// minimum is short enough to bound that at 1 ms.
class DelayEstimator {
 public:
  static constexpr Duration kWindow = Seconds(10);

  explicit DelayEstimator(DelayOrigin& origin) : origin_(&origin) {}

  void add(const PathReport::Timing& timing, TimePoint now);
  std::optional<Duration> smoothed() const { return smoothed_; }
  std::optional<Duration> minimum() const;
  Duration queueing() const;
  // Of the quickest packet that was last reported.
  std::optional<Duration> queueing_floor() const;

 private:
  DelayOrigin* origin_;
  std::optional<Duration> smoothed_;
  Duration lowest_{0};  // that was last reported
  TimePoint last_{};
  WindowedExtreme<Duration, std::less<>> minimum_;
};

}  // namespace hawser
