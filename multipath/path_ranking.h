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

inline constexpr std::uint8_t kNoPathIndex = 0xff;

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
  static constexpr double kMargin = 6;  // points of score
  static constexpr Milliseconds kHold{1000};
  static constexpr Milliseconds kRest{10'000};
  // For a primary that breaks down.
  static constexpr Milliseconds kBrownOutHold{100};
  static constexpr Milliseconds kBrownOutRest{2000};
  static constexpr double kBrownOutLoss = 0.03;  // more than usual, and than on the other path
  // And for one that was chosen less than kRest ago, held for kHold: of few packets some are lost
  // by chance, and then the primary would swing to and fro.
  static constexpr double kBrownOutLossSoon = 0.12;

  // Whenever something but budget and rate of a view changed, and every 100 ms. What is
  // behind the first kPathsMax paths is not looked at.
  void update(std::span<const PathView> paths, TimePoint now);
  // A change by an update; ask until it is unset.
  std::optional<PrimaryChange> poll_change();

  // kNoPathIndex if no path is usable.
  std::uint8_t primary(TrafficClass traffic_class) const;
  // Those of the tier that is used, best first: the primary one, then by priority and score.
  std::span<const std::uint8_t> order(TrafficClass traffic_class) const;
  PathTier tier() const { return tier_; }
  const PathScore& score(TrafficClass traffic_class, std::size_t index) const;
  // Above that of the fastest path in use; zero where nothing was measured.
  Duration extra_delay(std::size_t index) const { return extra_delay_[index]; }
  // The largest of those in use: by so much a packet may be overtaken.
  Duration spread() const;

 private:
  // What is remembered of a path from update to update.
  struct Known {
    std::optional<PathId> id;
    PathPreference preference;
    std::array<PathScore, kTrafficClasses> scores;
    double usual_loss = 0;
    std::optional<TimePoint> updated;
  };
  struct ByClass {
    std::array<std::uint8_t, kPathsMax> order{};
    std::optional<PathId> primary;
    std::optional<TimePoint> changed;
    std::optional<TimePoint> beaten_since;  // by a path that is better or preferred
    std::optional<TimePoint> broken_since;
    std::optional<PrimaryChange> change;  // to be polled
  };

  void match_known(std::span<const PathView> paths);
  void measure(std::span<const PathView> paths, TimePoint now);
  void rank(std::span<const PathView> paths, TrafficClass traffic_class, TimePoint now);
  void set_primary(TrafficClass traffic_class, std::optional<PathId> path, PrimaryReason reason,
                   TimePoint now);
  void reconsider(std::span<const PathView> paths, TrafficClass traffic_class, TimePoint now);
  bool is_broken(const PathView& primary, std::size_t index, const PathView& other,
                 double margin) const;

  std::array<Known, kPathsMax> known_;
  std::array<ByClass, kTrafficClasses> classes_;
  std::array<Duration, kPathsMax> extra_delay_{};
  std::size_t usable_ = 0;
  PathTier tier_ = PathTier::kNone;
};

}  // namespace hawser
