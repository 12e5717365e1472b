// SPDX-License-Identifier: Apache-2.0
#include "multipath/lowest_latency.h"

#include <algorithm>

namespace hawser {
namespace {

Duration wait_for_budget(const PathView& path, const Chunk& chunk) {
  return has_budget(path, chunk) ? Duration(0) : budget_time(path, chunk) - chunk.now;
}

// That stands there now; what was seen long ago is gone.
Duration standing_queue(const PathView& path) {
  const PathEstimate& estimate = path.estimate;
  const Duration queue =
      std::min(estimate.queueing, estimate.queueing_floor.value_or(estimate.queueing));
  return std::max(Duration(0), queue - path.queue_gone);
}

}  // namespace

void LowestLatency::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                            TimePoint /*now*/) {
  count_ = 0;
  queue_ = Duration(0);
  for (const std::uint8_t index : ranking.order(traffic_class_)) {
    const PathPreference& preference = paths[index].preference;
    if (count_ > 0) {
      const PathPreference& primary = paths[candidates_[0].index].preference;
      if (preference.priority < primary.priority) continue;
      if (preference.metered && !primary.metered) continue;
    }
    if (count_ == 0) queue_ = standing_queue(paths[index]);
    candidates_[count_++] = {index, ranking.extra_delay(index)};
  }
}

PathChoice LowestLatency::choose(std::span<const PathView> paths, const Chunk& chunk) {
  if (count_ == 0) return {};
  std::uint8_t choice = candidates_[0].index;
  const Duration wait = wait_for_budget(paths[choice], chunk);
  if (queue_ + wait > kMargin) {
    Duration earliest = candidates_[0].extra_delay + wait - kMargin;
    for (std::size_t i = 1; i < count_; ++i) {
      const Candidate& candidate = candidates_[i];
      const Duration time = candidate.extra_delay + wait_for_budget(paths[candidate.index], chunk);
      if (time >= earliest) continue;
      earliest = time;
      choice = candidate.index;
    }
  }
  return choice_of(paths, choice, chunk);
}

}  // namespace hawser
