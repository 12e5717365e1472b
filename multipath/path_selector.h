// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "multipath/path_ranking.h"
#include "multipath/scheduler.h"
#include "multipath/traffic_policy.h"

namespace hawser {

// The ranking of the paths and the schedulers of all classes: the face of scheduling. One per
// worker and peer.
class PathSelector {
 public:
  PathSelector(const TrafficPolicies& policies, const ScheduleOptions& options);

  // From the next choice on; may come at any time. What was measured stays.
  void set_policies(const TrafficPolicies& policies);
  void set_options(const ScheduleOptions& options);

  // Whenever something but budget and rate of a view changed (a state: at once), and about
  // every 100 ms. At most kPathsMax paths are looked at.
  void update(std::span<const PathView> paths, TimePoint now);
  std::optional<PrimaryChange> poll_change() { return ranking_.poll_change(); }

  // `paths` are as in the last update but for budget and rate. Runs on the packet path.
  PathChoice choose(std::span<const PathView> paths, const Chunk& chunk) {
    if (!prepared_) prepare(paths, chunk.now);
    return schedulers_[static_cast<std::size_t>(chunk.traffic_class)]->choose(paths, chunk);
  }

  // As of the last update; `path` is one of the ranking's order.
  LeftOut left_out(TrafficClass traffic_class, std::uint8_t path) const {
    return schedulers_[static_cast<std::size_t>(traffic_class)]->left_out(path);
  }
  Duration useful_wait(TrafficClass traffic_class) const {
    return schedulers_[static_cast<std::size_t>(traffic_class)]->useful_wait();
  }
  const PathRanking& ranking() const { return ranking_; }
  const TrafficPolicies& policies() const { return policies_; }
  const ScheduleOptions& options() const { return options_; }

 private:
  void make_schedulers();
  void prepare(std::span<const PathView> paths, TimePoint now);

  TrafficPolicies policies_;
  ScheduleOptions options_;
  PathRanking ranking_;
  std::array<std::unique_ptr<Scheduler>, kTrafficClasses> schedulers_;
  bool prepared_ = false;
};

}  // namespace hawser
