// SPDX-License-Identifier: Apache-2.0
#include "multipath/lowest_latency.h"

namespace hawser {

void LowestLatency::prepare(std::span<const PathView> paths, const PathRanking& ranking,
                            TimePoint /*now*/) {
  primary_ = ranking.primary(traffic_class_);
  count_ = 0;
  if (primary_ == kNoPathIndex) return;
  for (const std::uint8_t index : ranking.order(traffic_class_)) {
    if (index == primary_ || !is_way_round(paths[index], paths[primary_])) continue;
    detours_[count_++] = {index, ranking.extra_delay(index) - ranking.extra_delay(primary_)};
  }
}

bool LowestLatency::is_way_round(const PathView& path, const PathView& primary) {
  return path.preference.priority >= primary.preference.priority &&
         (!path.preference.metered || primary.preference.metered) &&
         path.recent_loss <= primary.recent_loss + kExtraLossMax;
}

PathChoice LowestLatency::choose(std::span<const PathView> paths, const Chunk& chunk) {
  if (primary_ == kNoPathIndex) return {};
  if (has_budget(paths[primary_], chunk)) return choice_of(paths, primary_, chunk);
  const Duration waited = pressure_.note(chunk.now);
  std::uint8_t choice = primary_;
  Duration shortest = waited - kMargin;
  for (const Detour& detour : std::span(detours_).first(count_)) {
    if (detour.longer > shortest || !has_budget(paths[detour.index], chunk)) continue;
    shortest = detour.longer;
    choice = detour.index;
  }
  return choice_of(paths, choice, chunk);
}

}  // namespace hawser
