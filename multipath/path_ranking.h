// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.h"
#include "multipath/path_score.h"

namespace hawser {

inline constexpr std::uint8_t kNoPath = 0xff;

// Data goes on the paths of the highest tier that is not empty.
enum class PathTier : std::uint8_t { kNone, kSuspect, kStandby, kActive };
PathTier tier_of(PathState state);

enum class PrimaryReason : std::uint8_t {
  kFirst,     // there was none
  kLeft,      // the one before is not used any more: its state says why
  kBrownOut,  // the one before became much worse at once
  kPriority,  // the user prefers this one
  kBetter,    // it was better for a while
};

struct PrimaryChange {
  TrafficClass traffic_class{};
  std::optional<PathId> from;
  std::optional<PathId> to;  // unset: there is none left
  PrimaryReason reason{};
  friend bool operator==(const PrimaryChange&, const PrimaryChange&) = default;
};

// Scores the paths for each class and says which is the primary one, with hysteresis: another path
// must be better by a margin, for a time, and a change is followed by none for 10 seconds. A
// primary that is not to be used any more, or breaks down, is left at once. One per worker. An
// index is one into the views of the last update.
class PathRanking {
 public:
  static constexpr double kMargin = 6;          // points of score
  static constexpr Milliseconds kHold{1000};    // so long it must be better
  static constexpr Milliseconds kRest{10'000};  // between two changes
  static constexpr Milliseconds kBrownOutHold{100};
  static constexpr double kBrownOutLoss = 0.03;  // more than usual and than the other path's

  // Whenever something but budget, rate and queue of a view changed, and every 100 ms.
  void update(std::span<const PathView> paths, TimePoint now);
  // A change by the last update; ask until it is unset.
  std::optional<PrimaryChange> poll_change();

  // kNoPath if no path is usable.
  std::uint8_t primary(TrafficClass traffic_class) const;
  // Of the tier that is used, best first (the primary, then by priority and score).
  std::span<const std::uint8_t> order(TrafficClass traffic_class) const;
  PathTier tier() const { return tier_; }
  double score(TrafficClass traffic_class, std::size_t index) const;
  const PathScore& score_details(TrafficClass traffic_class, std::size_t index) const;
  // Above that of the fastest usable path; zero where nothing was measured.
  Duration extra_delay(std::size_t index) const { return extra_delay_[index]; }
  // The largest of them: so much later a packet on another path may come.
  Duration spread() const;

 private:
  // What is remembered of a path from update to update.
  struct Known {
    std::optional<PathId> id;
    std::array<PathScore, kTrafficClasses> scores;
    double usual_loss = 0;                // over some 10 s
    std::optional<Duration> usual_delay;  //
    std::optional<TimePoint> updated;
  };
  struct ByClass {
    std::optional<PathId> primary;
    std::optional<TimePoint> changed;
    std::optional<PathId> rival;
    TimePoint rival_since;
    std::array<std::uint8_t, kPathsMax> order{};
    std::uint8_t primary_index = kNoPath;
    std::optional<PrimaryChange> change;
  };

  void match_known(std::span<const PathView> paths);
  void measure(std::span<const PathView> paths, TimePoint now);
  void rank(std::span<const PathView> paths, TrafficClass traffic_class, TimePoint now);
  std::optional<PrimaryReason> reason_to_change(std::span<const PathView> paths,
                                                TrafficClass traffic_class, std::uint8_t rival,
                                                TimePoint now);
  bool is_browned_out(const PathView& path, const Known& known, const PathView& other) const;

  std::array<Known, kPathsMax> known_;
  std::array<ByClass, kTrafficClasses> classes_;
  std::array<Duration, kPathsMax> extra_delay_{};
  std::size_t usable_ = 0;
  PathTier tier_ = PathTier::kNone;
};

}  // namespace hawser
