// SPDX-License-Identifier: Apache-2.0
#include "multipath/failover.h"

namespace hawser {

void Failover::prepare(std::span<const PathView> /*paths*/, const PathRanking& ranking,
                       TimePoint /*now*/) {
  primary_ = ranking.primary(traffic_class_);
}

PathChoice Failover::choose(std::span<const PathView> paths, const Chunk& chunk) {
  if (primary_ == kNoPathIndex) return {};
  return choice_of(paths, primary_, chunk);
}

}  // namespace hawser
