// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_score.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

using FloatSeconds = std::chrono::duration<double>;
using FloatMilliseconds = std::chrono::duration<double, std::milli>;

constexpr Milliseconds kUnknownDelay{100};
constexpr double kUnknownRate = 20e6;

// What one millisecond of jitter and a packet lost for sure cost, in milliseconds of delay, and the
// delay that halves the quality. A call waits for its jitter in a buffer and conceals 1 % of loss
// about as badly as 40 ms more delay (G.107: 40 points of R at 20 % loss, at 700 ms).
struct Burden {
  double jitter;
  double loss;
  double half;
};
constexpr Burden kRealTimeBurden{.jitter = 4, .loss = 4000, .half = 100};
constexpr Burden kInteractiveBurden{.jitter = 2, .loss = 2000, .half = 50};
constexpr double kCongestedBurden = 100;

constexpr double kBulkLoss = 10;
constexpr double kBulkHalfDelayMs = 400;

constexpr FloatSeconds kLevelTime{0.5};
constexpr FloatSeconds kTrendTime{2};
constexpr FloatSeconds kDeviationTime{5};
constexpr double kForecastSeconds = 1;
constexpr double kForecastMax = 20;
constexpr double kMeteredCost = 15;

bool is_measured_now(const PathView& path) {
  return path.state == PathState::kActive || path.state == PathState::kStandby ||
         path.state == PathState::kSuspect;
}

double share_of(FloatSeconds step, FloatSeconds time) { return 1 - std::exp(-(step / time)); }

}  // namespace

DelayScale::DelayScale(std::span<const PathView> paths) {
  std::optional<Duration> delay;
  std::optional<Duration> rtt;
  for (const PathView& path : paths) {
    if (!is_measured_now(path)) continue;
    const PathEstimate& estimate = path.estimate;
    // The least that was measured lately: a path alone that has become slow does not move the
    // scale.
    const auto least = estimate.delay_min ? estimate.delay_min : estimate.delay;
    const auto least_rtt = estimate.rtt_min ? estimate.rtt_min : estimate.rtt;
    if (least) delay = std::min(delay.value_or(*least), *least);
    if (least_rtt) rtt = std::min(rtt.value_or(*least_rtt), *least_rtt);
  }
  // The fastest way there takes half of the fastest round trip.
  if (delay) offset_ = *delay - rtt.value_or(Duration(0)) / 2;
}

std::optional<Duration> DelayScale::delay_of(const PathView& path) const {
  const PathEstimate& estimate = path.estimate;
  if (estimate.delay && offset_) return std::max(Duration(0), *estimate.delay - *offset_);
  if (estimate.rtt) return *estimate.rtt / 2;
  return std::nullopt;
}

double likely_rate_bps(const PathView& path) {
  auto rate = static_cast<double>(path.rate_bps);
  // An unconstrained path has carried all that it was given: what was measured is the least.
  if (path.rate_bps == 0) {
    rate = std::max(kUnknownRate, static_cast<double>(path.estimate.delivery_rate_bps));
  }
  const std::uint64_t limit = path.preference.limit_bps;
  return limit == 0 ? rate : std::min(rate, static_cast<double>(limit));
}

double path_quality(const PathView& path, TrafficClass traffic_class, const DelayScale& scale) {
  const PathEstimate& estimate = path.estimate;
  const double delay =
      FloatMilliseconds(scale.delay_of(path).value_or(Duration(kUnknownDelay))).count();
  const double loss = std::clamp(estimate.loss, 0.0, 1.0);
  if (traffic_class == TrafficClass::kBulk) {
    const double rate = likely_rate_bps(path);
    return 100 * rate / (rate + kUnknownRate) / (1 + kBulkLoss * loss) /
           (1 + delay / kBulkHalfDelayMs) * (1 - estimate.congested / 2);
  }
  const Burden& burden =
      traffic_class == TrafficClass::kRealTime ? kRealTimeBurden : kInteractiveBurden;
  const double sum = delay + burden.jitter * FloatMilliseconds(estimate.jitter).count() +
                     burden.loss * loss + kCongestedBurden * estimate.congested;
  return 100 * burden.half / (burden.half + sum);
}

void PathScore::update(double quality, const PathPreference& preference, TimePoint now) {
  if (!updated_) {
    level_ = quality;
  } else if (now > *updated_) {
    const FloatSeconds step = now - *updated_;
    const double before = level_;
    deviation_ += share_of(step, kDeviationTime) * (std::abs(quality - level_) - deviation_);
    level_ += share_of(step, kLevelTime) * (quality - level_);
    trend_ += share_of(step, kTrendTime) * ((level_ - before) / step.count() - trend_);
  }
  updated_ = now;
  cost_ = preference.cost + (preference.metered ? kMeteredCost : 0);
  const double forecast = std::clamp(trend_ * kForecastSeconds, -kForecastMax, 0.0);
  value_ = std::clamp(std::min(level_, quality) + forecast - deviation_ - cost_, 0.0, 100.0);
}

}  // namespace hawser
