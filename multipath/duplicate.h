// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "multipath/scheduler.h"

namespace hawser {

// Each packet on the primary path, and a copy on the best one that does not fail with it: over
// another interface. Copies take a share of the second path at most, so that much that is marked
// as urgent does not fill it; what is more goes once.
class Duplicate : public Scheduler {
 public:
  Duplicate(TrafficClass traffic_class, const ScheduleOptions& options)
      : traffic_class_(traffic_class), options_(options) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

  // The path of the copies, kNoPathIndex if there is none: a suspect one rather than none, a
  // metered one only if that is allowed.
  static std::uint8_t find_second(std::span<const PathView> paths, const PathRanking& ranking,
                                  TrafficClass traffic_class, const ScheduleOptions& options);

 private:
  // Of the chunk, `placed` octets at most are to go twice.
  bool take_allowance(const PathView& path, const Chunk& chunk, std::uint64_t placed);

  TrafficClass traffic_class_;
  ScheduleOptions options_;
  std::uint8_t first_ = kNoPathIndex;
  std::uint8_t second_ = kNoPathIndex;
  double allowance_ = 0;  // octets that may go twice now
  std::optional<TimePoint> refilled_;
};

}  // namespace hawser
