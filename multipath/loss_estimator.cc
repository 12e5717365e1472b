// SPDX-License-Identifier: Apache-2.0
#include "multipath/loss_estimator.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace hawser {
namespace {

double share(double part, double rest) { return part <= 0 ? 0 : part / (part + rest); }

// Counters of a receiver that grow and wrap.
double growth(std::uint32_t now, std::uint32_t before) { return static_cast<double>(now - before); }

}  // namespace

void LossEstimator::Sums::limit(double packets) {
  const double factor = packets / std::max(packets, received + std::max(0.0, lost));
  received *= factor;
  lost *= factor;
  runs *= factor;
  congested *= factor;
}

void LossEstimator::begin(const PathReport& report, TimePoint now) {
  last_ = report;
  last_time_ = now;
  is_first_ = true;
}

void LossEstimator::add(const PathReport& report, TimePoint now) {
  const Duration since = std::clamp(now - last_time_, Duration(0), kPauseMax);
  const bool is_old = is_first_ || now - last_time_ > kMemory;
  const double keep = std::exp(-std::chrono::duration<double>(since) / kMemory);
  // Losses are taken back when a packet comes late, so these two may also shrink.
  const auto lost = static_cast<std::int32_t>(report.lost - last_.lost);
  const auto runs =
      static_cast<std::int16_t>(static_cast<std::uint16_t>(report.loss_runs - last_.loss_runs));
  Sums fresh{.received = growth(report.packets, last_.packets),
             .lost = static_cast<double>(lost),
             .runs = static_cast<double>(runs),
             .congested = growth(report.congested, last_.congested)};
  if (is_old) {
    recent_.limit(kOldPackets);
    fresh.limit(kOldPackets);
  }
  recent_.received = recent_.received * keep + fresh.received;
  recent_.congested = recent_.congested * keep + fresh.congested;
  recent_.lost = std::max(0.0, recent_.lost * keep + fresh.lost);
  recent_.runs = std::max(0.0, recent_.runs * keep + fresh.runs);
  received_total_ += report.packets - last_.packets;
  lost_total_ += lost;
  begin(report, now);
  is_first_ = false;
}

double LossEstimator::loss() const { return share(recent_.lost, recent_.received); }

double LossEstimator::congested() const {
  return share(recent_.congested, recent_.received - recent_.congested);
}

double LossEstimator::burst() const {
  if (recent_.runs <= 0 || recent_.lost <= 0) return 0;
  return std::max(1.0, recent_.lost / recent_.runs);
}

}  // namespace hawser
