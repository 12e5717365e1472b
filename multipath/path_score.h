// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "base/time.h"
#include "multipath/path_view.h"
#include "multipath/traffic_class.h"

namespace hawser {

// A scheduler looks at so many paths of a peer; what is behind them in the list is not used.
inline constexpr std::size_t kPathsMax = 16;

// The one-way delays of the paths, brought to one scale: PathEstimate::delay has a constant in it
// that is the same for all paths, rtt / 2 is off by half the asymmetry.
class DelayScale {
 public:
  explicit DelayScale(std::span<const PathView> paths);
  // Unset if this path was never measured. Never negative.
  std::optional<Duration> delay_of(const PathView& path) const;

 private:
  std::optional<Duration> offset_;  // what PathEstimate::delay has too much
};

// What a path carries, by its rate control or as it was measured, within the user's limit; of a
// path that was never full a guess.
double likely_rate_bps(const PathView& path);

// How good a path is for a class now, from 0 to 100, from delay, jitter, loss, congestion and (for
// bulk) rate. No preference is in it, and no past. A path that was never measured gets the value
// of a mediocre one.
double path_quality(const PathView& path, TrafficClass traffic_class, const DelayScale& scale);

// The score of one path for one class over time: the quality, forecast and freed of noise. It falls
// at once and rises slowly; a falling trend and unsteadiness count against a path.
class PathScore {
 public:
  // `quality` from path_quality.
  void update(double quality, const PathPreference& preference, TimePoint now);
  // 0 to 100; 0 before the first update.
  double value() const { return value_; }
  // What was taken off the quality.
  double unsteadiness() const { return deviation_; }
  double cost() const { return cost_; }

 private:
  std::optional<TimePoint> updated_;
  double level_ = 0;
  double trend_ = 0;  // points per second
  double deviation_ = 0;
  double cost_ = 0;
  double value_ = 0;
};

}  // namespace hawser
