// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_link.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint64_t kBitsPerOctet = 8;
constexpr double kLossOfAnAbleLink = 0.05;

Duration up_to(Duration most, SeededRandom& random) {
  if (most <= Duration(0)) return Duration(0);
  return Duration(
      static_cast<Duration::rep>(random.below(static_cast<std::uint64_t>(most.count()))));
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
  TimePoint arrives = leaves + spec.delay + up_to(spec.jitter, random);
  if (random.chance(spec.reorder)) return arrives + up_to(spec.reorder_by, random);
  TimePoint& last = last_arrival_[index_of(from)];
  arrives = std::max(arrives, last);
  last = arrives;
  return arrives;
}

}  // namespace hawser
