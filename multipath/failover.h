// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "multipath/scheduler.h"

namespace hawser {

// All on the primary path, until the ranking leaves it.
class Failover : public Scheduler {
 public:
  explicit Failover(TrafficClass traffic_class) : traffic_class_(traffic_class) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

 private:
  TrafficClass traffic_class_;
  std::uint8_t primary_ = kNoPathIndex;
};

}  // namespace hawser
