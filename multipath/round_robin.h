// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "multipath/scheduler.h"

namespace hawser {

// A chunk on each path in turn, more often on one with a higher rate. A path that has no budget
// loses its turn. Paths below the highest priority rest.
class RoundRobin : public Scheduler {
 public:
  explicit RoundRobin(TrafficClass traffic_class) : traffic_class_(traffic_class) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

 private:
  struct Candidate {
    PathId id;
    std::uint8_t index = kNoPathIndex;
    double seconds_per_octet = 0;
    double served = 0;  // seconds of its rate
  };

  TrafficClass traffic_class_;
  std::array<Candidate, kPathsMax> candidates_;
  std::size_t count_ = 0;
};

}  // namespace hawser
