// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "multipath/pressure.h"
#include "multipath/scheduler.h"

namespace hawser {

// On the primary path, whose score for what is waited for is its delay above all. What waits there
// for budget, as bulk does, goes round by another path once it has waited for longer than the
// detour takes, and a margin.
class LowestLatency : public Scheduler {
 public:
  static constexpr Milliseconds kMargin{10};

  explicit LowestLatency(TrafficClass traffic_class) : traffic_class_(traffic_class) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

  // Not by a lower priority, nor for money, nor where much more is lost.
  static bool is_way_round(const PathView& path, const PathView& primary);

 private:
  struct Detour {
    std::uint8_t index = kNoPathIndex;
    Duration longer{0};  // than the primary path
  };

  TrafficClass traffic_class_;
  std::uint8_t primary_ = kNoPathIndex;
  std::array<Detour, kPathsMax> detours_;
  std::size_t count_ = 0;
  Pressure pressure_;
};

}  // namespace hawser
