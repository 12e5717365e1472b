// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_link.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hawser {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint64_t kBitsPerOctet = 8;
constexpr double kLossOfAnAbleLink = 0.05;
constexpr Duration kWanderSpan = Milliseconds(100);

Duration up_to(Duration most, SeededRandom& random) {
  if (most <= Duration(0)) return Duration(0);
  return Duration(
      static_cast<Duration::rep>(random.below(static_cast<std::uint64_t>(most.count()))));
}

// Box and Muller.
double normal(SeededRandom& random) {
  const double one = (static_cast<double>(random.below(1u << 30)) + 1) / (1u << 30);
  const double other = static_cast<double>(random.below(1u << 30)) / (1u << 30);
  return std::sqrt(-2 * std::log(one)) * std::cos(2 * std::numbers::pi * other);
}

}  // namespace

void BondLink::set_dark(bool dark) {
  for (BondWay& way : ways_) way.is_dark = dark;
}

bool BondLink::is_able() const {
  return std::ranges::none_of(
      ways_, [](const BondWay& way) { return way.is_dark || way.loss > kLossOfAnAbleLink; });
}

Duration BondLink::round_trip() const {
  Duration sum{0};
  for (const BondWay& way : ways_) sum += way.delay + way.jitter;
  return sum;
}

Duration BondLink::queue(BondEnd from, TimePoint now) const {
  return std::max(Duration(0), Duration(free_at_[index_of(from)] - now));
}

Duration BondLink::draw_wander(BondEnd from, TimePoint at, SeededRandom& random) {
  const Duration deviation = way(from).wander;
  if (deviation <= Duration(0)) return Duration(0);
  Wander& wander = wanders_[index_of(from)];
  const std::int64_t node = at.time_since_epoch() / kWanderSpan;
  while (wander.node < node) {
    wander.node = wander.node + 1 < node ? node - 1 : node;
    wander.from = wander.to;
    wander.to = normal(random);
  }
  const double part = static_cast<double>((at.time_since_epoch() % kWanderSpan).count()) /
                      static_cast<double>(kWanderSpan.count());
  const double angle = part * std::numbers::pi / 2;
  const double value = wander.from * std::cos(angle) + wander.to * std::sin(angle);
  return Duration(static_cast<Duration::rep>(value * static_cast<double>(deviation.count())));
}

std::optional<TimePoint> BondLink::carry(BondEnd from, std::size_t octets, TimePoint now,
                                         SeededRandom& random) {
  const BondWay& spec = way(from);
  if (spec.is_dark || random.chance(spec.loss)) return std::nullopt;
  TimePoint leaves = now;
  if (spec.rate_bps != 0) {
    TimePoint& free_at = free_at_[index_of(from)];
    if (free_at > now + spec.queue) return std::nullopt;
    const std::uint64_t bits = octets * kBitsPerOctet;
    free_at = std::max(now, free_at) +
              std::chrono::nanoseconds(bits * kNanosecondsPerSecond / spec.rate_bps);
    leaves = free_at;
  }
  const Duration delay = spec.delay + draw_wander(from, leaves, random);
  TimePoint arrives = leaves + std::max(Duration(0), delay) + up_to(spec.jitter, random);
  if (random.chance(spec.reorder)) return arrives + up_to(spec.reorder_by, random);
  TimePoint& last = last_arrival_[index_of(from)];
  arrives = std::max(arrives, last);
  last = arrives;
  return arrives;
}

}  // namespace hawser
