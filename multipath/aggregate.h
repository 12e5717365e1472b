// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "multipath/pressure.h"
#include "multipath/scheduler.h"

namespace hawser {

// Each chunk on the path that delivers it first, of those that have budget.
//
// A slower path, or one of lower priority, joins only when the fastest one was short of budget for
// as long as the other is slower: to wait longer than that would be worse than to have taken it at
// once, and a short burst is through before. Then it stays for a second behind the last need. Paths
// that are slower than the receiver can even out, or lose much more, stay out. A slower path that
// would add little takes only what would wait for the faster ones longer than for it: else they
// would run dry while a sender waits for its packets.
//
// A path that is free takes all that waits, unless it was full before or came while others were:
// then it is paced by the rate that is known, and tried for more.
class Aggregate : public Scheduler {
 public:
  static constexpr Milliseconds kPatienceMax{50};
  static constexpr Milliseconds kPriorityPatience{20};
  static constexpr Seconds kStay{1};
  // A path that was left out comes back when it is better than the limits by so much.
  static constexpr int kReturnPercent = 80;
  // A path that is slower by so much and has less than that share of the faster ones' rate adds
  // little.
  static constexpr Milliseconds kThinDelay{10};
  static constexpr double kThinShare = 0.2;
  // It takes what would wait so long; what is estimated may be too little. Beyond that it is of no
  // use.
  static constexpr Milliseconds kUsefulWaitMax{100};
  static constexpr Duration useful_wait_for(Duration slower) { return slower * 5 / 4; }

  Aggregate(TrafficClass traffic_class, const ScheduleOptions& options)
      : traffic_class_(traffic_class), options_(options) {}

  void prepare(std::span<const PathView> paths, const PathRanking& ranking, TimePoint now) override;
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) override;

  LeftOut left_out(std::uint8_t path) const override;
  Duration useful_wait() const override;

 private:
  struct Candidate {
    PathId id;
    std::uint8_t index = kNoPathIndex;
    LeftOut left_out = LeftOut::kNo;
    bool was_thin = false;  // before the last prepare()
    Duration extra_delay{0};
    Duration patience{0};  // pressed for so long, the fastest calls for this one
    std::optional<TimePoint> stay_until;
    // The mean of the rate control's rate lately, and for how long there was one.
    double rate_bps = 0;
    Duration rate_time{0};
    TimePoint rate_at;
    TimePoint free_at;  // takes nothing until then
    // Was full, or came while another was. Free, it is paced until it took more than that.
    bool is_paced = false;
    double paced_up_to_bps = 0;
    // Thin, and not too slow to be of use.
    bool is_reserve() const { return left_out == LeftOut::kThin && patience <= kUsefulWaitMax; }
  };

  static void follow_rate(Candidate& candidate, std::uint64_t rate_bps, TimePoint now);
  void find_thin(std::span<const PathView> paths);
  void set_patience(std::span<const PathView> paths);
  std::uint8_t spare(std::span<const PathView> paths, std::uint8_t choice) const;
  PathChoice nowhere(std::span<const PathView> paths, const Chunk& chunk, Duration pressed) const;
  bool may_take(Candidate& candidate, std::span<const PathView> paths, const Chunk& chunk,
                std::optional<Duration> pressed) const;
  static void keep_to_rate(Candidate& candidate, PathChoice& placed,
                           std::span<const PathView> paths, const Chunk& chunk);
  Duration waiting_time(std::span<const PathView> paths, const Chunk& chunk) const;
  static bool is_called(Candidate& candidate, Duration pressed, TimePoint now);

  TrafficClass traffic_class_;
  ScheduleOptions options_;
  std::array<Candidate, kPathsMax> candidates_;
  std::size_t count_ = 0;
  Pressure pressure_;  // those that wait for nobody were all short of budget
};

}  // namespace hawser
