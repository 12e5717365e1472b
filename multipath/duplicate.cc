// SPDX-License-Identifier: Apache-2.0
#include "multipath/duplicate.h"

#include <algorithm>
#include <tuple>

namespace hawser {
namespace {

using FloatSeconds = std::chrono::duration<double>;

// What may be saved for a burst.
constexpr double kBurstSeconds = 0.1;
constexpr double kBurstMin = 12'000;

}  // namespace

std::uint8_t Duplicate::find_second(std::span<const PathView> paths, const PathRanking& ranking,
                                    TrafficClass traffic_class, const ScheduleOptions& options) {
  const std::uint8_t first = ranking.primary(traffic_class);
  if (first == kNoPathIndex) return kNoPathIndex;
  std::uint8_t second = kNoPathIndex;
  // A standby path is not for daily use; but what keeps a metered one there is its price, and that
  // the user is ready to pay for copies.
  const auto rank_of = [&](std::uint8_t index) {
    return std::tuple(paths[index].state != PathState::kSuspect, paths[index].preference.priority,
                      ranking.score(traffic_class, index).value());
  };
  for (std::size_t i = 0; i < std::min(paths.size(), kPathsMax); ++i) {
    const PathView& path = paths[i];
    const auto index = static_cast<std::uint8_t>(i);
    if (index == first || path.group == paths[first].group) continue;
    if (path.preference.metered && !options.duplicate_on_metered) continue;
    const PathTier tier = tier_of(path.state);
    if (tier == PathTier::kNone) continue;
    if (tier == PathTier::kStandby && ranking.tier() == PathTier::kActive &&
        !path.preference.metered) {
      continue;
    }
    if (second == kNoPathIndex || rank_of(index) > rank_of(second)) second = index;
  }
  return second;
}

void Duplicate::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                        TimePoint /*now*/) {
  first_ = ranking.primary(traffic_class_);
  second_ = find_second(paths, ranking, traffic_class_, options_);
}

PathChoice Duplicate::choose(std::span<const PathView> paths, const Chunk& chunk) {
  if (first_ == kNoPathIndex) return {};
  PathChoice choice = choice_of(paths, first_, chunk);
  if (choice.path != kNoPathIndex && second_ != kNoPathIndex &&
      take_allowance(paths[second_], chunk, choice.octets)) {
    choice.second = second_;
  }
  return choice;
}

bool Duplicate::take_allowance(const PathView& path, const Chunk& chunk, std::uint64_t placed) {
  const auto octets = static_cast<double>(std::min<std::uint64_t>(chunk.octets, placed));
  const double octets_per_second = options_.duplicate_share * likely_rate_bps(path) / 8;
  const double most = std::max(octets_per_second * kBurstSeconds, kBurstMin);
  const FloatSeconds step = chunk.now - refilled_.value_or(chunk.now);
  if (!refilled_) allowance_ = most;
  refilled_ = chunk.now;
  allowance_ = std::min(most, allowance_ + octets_per_second * step.count());
  if (allowance_ < octets) return false;
  allowance_ -= octets;
  return true;
}

}  // namespace hawser
