// SPDX-License-Identifier: Apache-2.0
#include "multipath/rtt_estimator.h"

#include <algorithm>

namespace hawser {
namespace {

// Two hosts on one wire can be nearer than a stamp shows; nobody wants to divide by zero.
constexpr Duration kLeast = std::chrono::microseconds(10);

}  // namespace

void RttEstimator::add(Duration sample, TimePoint now) {
  if (sample > kMax) return;
  sample = std::max(sample, kLeast);
  latest_ = sample;
  minimum_.update(sample, now, kWindow);
  if (!smoothed_) {
    smoothed_ = sample;  // RFC 6298 section 2.2
    variation_ = sample / 2;
    return;
  }
  const Duration error = sample - *smoothed_;
  variation_ += ((error < Duration(0) ? -error : error) - variation_) / 4;  // section 2.3
  *smoothed_ += error / 8;
}

std::optional<Duration> RttEstimator::minimum() const {
  if (minimum_.empty()) return std::nullopt;
  return minimum_.value();
}

}  // namespace hawser
