// SPDX-License-Identifier: Apache-2.0
#include "multipath/lowest_latency.h"

namespace hawser {
namespace {

Duration queue_time(const PathView& path, const Chunk& chunk) {
  Duration wait{0};
  if (!has_budget(path, chunk)) wait = budget_time(path, chunk) - chunk.now;
  return wait + sending_time(path, path.queued_bytes);
}

}  // namespace

void LowestLatency::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                            TimePoint /*now*/) {
  count_ = 0;
  for (const std::uint8_t index : ranking.order(traffic_class_)) {
    const PathPreference& preference = paths[index].preference;
    if (count_ > 0) {
      const PathPreference& primary = paths[candidates_[0].index].preference;
      if (preference.priority < primary.priority) continue;
      if (preference.metered && !primary.metered) continue;
    }
    candidates_[count_++] = {index, ranking.extra_delay(index)};
  }
}

PathChoice LowestLatency::choose(std::span<const PathView> paths, const Chunk& chunk) {
  if (count_ == 0) return {};
  std::uint8_t choice = candidates_[0].index;
  const Duration queue = queue_time(paths[choice], chunk);
  if (queue > kMargin) {
    Duration earliest = candidates_[0].extra_delay + queue - kMargin;
    for (std::size_t i = 1; i < count_; ++i) {
      const Candidate& candidate = candidates_[i];
      const Duration time = candidate.extra_delay + queue_time(paths[candidate.index], chunk);
      if (time >= earliest) continue;
      earliest = time;
      choice = candidate.index;
    }
  }
  return choice_of(paths, choice, chunk);
}

}  // namespace hawser
