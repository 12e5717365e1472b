// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "multipath/scheduler.h"

namespace hawser {

// On the primary path, whose score for what is waited for is its delay above all; while a queue
// stands there, on another one that delivers earlier by a margin. A lower priority, and what costs
// money, is no way round a queue.
class LowestLatency : public Scheduler {
 public:
  static constexpr Milliseconds kMargin{10};

  explicit LowestLatency(TrafficClass traffic_class) : traffic_class_(traffic_class) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

 private:
  struct Candidate {
    std::uint8_t index = kNoPathIndex;
    Duration extra_delay{0};
  };

  TrafficClass traffic_class_;
  std::array<Candidate, kPathsMax> candidates_;  // the primary one first
  std::size_t count_ = 0;
};

}  // namespace hawser
