// SPDX-License-Identifier: Apache-2.0
#include "multipath/round_robin.h"

#include <algorithm>

namespace hawser {
namespace {

// What a path that had no budget may catch up.
constexpr double kCatchUp = 0.02;

}  // namespace

void RoundRobin::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                         TimePoint /*now*/) {
  const std::array<Candidate, kPathsMax> before = candidates_;
  const auto known = std::span(before).first(count_);
  // A new one begins where the others are, and does not catch up with their past.
  double served = 0;
  for (const Candidate& candidate : known) served = std::max(served, candidate.served);
  count_ = 0;
  const int priority = highest_priority(paths, ranking.order(traffic_class_));
  for (const std::uint8_t index : ranking.order(traffic_class_)) {
    const PathView& path = paths[index];
    if (path.preference.priority < priority) continue;
    const auto old = std::ranges::find(known, path.id, &Candidate::id);
    candidates_[count_++] = {.id = path.id,
                             .index = index,
                             .seconds_per_octet = 8 / likely_rate_bps(path),
                             .served = old != known.end() ? old->served : served};
  }
}

PathChoice RoundRobin::choose(std::span<const PathView> paths, const Chunk& chunk) {
  const auto candidates = std::span(candidates_).first(count_);
  Candidate* next = nullptr;
  for (Candidate& candidate : candidates) {
    if (!has_budget(paths[candidate.index], chunk)) continue;
    if (next == nullptr || candidate.served < next->served) next = &candidate;
  }
  if (next == nullptr) {
    PathChoice none;
    for (const Candidate& candidate : candidates) {
      const TimePoint time = budget_time(paths[candidate.index], chunk);
      none.retry_at = std::min(none.retry_at.value_or(time), time);
    }
    return none;
  }
  const PathChoice choice = choice_of(paths, next->index, chunk);
  const double least = next->served - kCatchUp;
  for (Candidate& candidate : candidates) candidate.served = std::max(candidate.served, least);
  next->served += static_cast<double>(std::min<std::uint64_t>(choice.octets, chunk.octets)) *
                  next->seconds_per_octet;
  return choice;
}

}  // namespace hawser
