// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "multipath/scheduler.h"

namespace hawser {

// Each flow on one path, by weighted rendezvous hashing: a path that goes moves its own flows only,
// one that comes takes its share from all. Weights are rates times scores, and only large changes
// of them move a flow. Paths below the highest priority rest.
class Balance : public Scheduler {
 public:
  static constexpr std::size_t kSlots = 256;  // what a path's share is counted in

  explicit Balance(TrafficClass traffic_class) : traffic_class_(traffic_class) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

 private:
  struct Candidate {
    PathId id;
    std::uint8_t index = kNoPathIndex;
    double weight = 0;
  };

  void fill_slots();

  TrafficClass traffic_class_;
  std::array<Candidate, kPathsMax> candidates_;
  std::size_t count_ = 0;
  std::array<std::uint8_t, kSlots> slots_{};  // of a flow: which candidate
};

}  // namespace hawser
