// SPDX-License-Identifier: Apache-2.0
#include "multipath/delay_estimator.h"

#include <algorithm>

namespace hawser {
namespace {

// Of the smoothing: a report each 25 ms moves a quarter of the way, one each 100 ms more than half.
constexpr Duration kMemory = Milliseconds(75);
constexpr Duration kPauseMax = Seconds(1);

}  // namespace

void DelayEstimator::add(const PathReport::Timing& timing, TimePoint now) {
  if (!origin_->zero) origin_->zero = timing.delay;
  lowest_ = stamp_difference(timing.delay, *origin_->zero);
  const Duration mean = lowest_ + timing.delay_mean;
  minimum_.update(lowest_, now, kWindow);
  if (!smoothed_) {
    smoothed_ = mean;
  } else {
    const Duration since = std::clamp(now - last_, Duration(0), kPauseMax);
    const double weight =
        static_cast<double>(since.count()) / static_cast<double>((since + kMemory).count());
    *smoothed_ += Duration(
        static_cast<std::int64_t>(static_cast<double>((mean - *smoothed_).count()) * weight));
  }
  last_ = now;
}

std::optional<Duration> DelayEstimator::minimum() const {
  if (minimum_.empty()) return std::nullopt;
  return minimum_.value();
}

Duration DelayEstimator::queueing() const {
  if (!smoothed_) return Duration(0);
  return std::max(Duration(0), *smoothed_ - minimum_.value());
}

std::optional<Duration> DelayEstimator::queueing_floor() const {
  if (!smoothed_) return std::nullopt;
  return std::max(Duration(0), lowest_ - minimum_.value());
}

}  // namespace hawser
