// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "multipath/path_selector.h"
#include "tests/multipath/path_views.h"

namespace hawser::testing {

// Paths and a selector with one policy for all classes.
class ScheduledPaths {
 public:
  explicit ScheduledPaths(TrafficPolicy policy, ScheduleOptions options = {})
      : selector({.by_class = {policy, policy, policy}}, options) {}

  void add(const ViewOptions& options) { views.push_back(make_view(options)); }
  void update() { selector.update(views, at(now)); }
  // Time goes by, with updates.
  void run(Duration time) {
    for (const Duration end = now + time; now < end; now += Milliseconds(50)) update();
  }
  // Packets of 1500 octets.
  PathChoice choose(TrafficClass traffic_class, std::uint32_t packets = 1, std::uint32_t flow = 0,
                    std::uint64_t backlog = 0) {
    return selector.choose(views, {.traffic_class = traffic_class,
                                   .flow = flow,
                                   .octets = packets * 1500,
                                   .packets = packets,
                                   .now = at(now),
                                   .backlog = backlog});
  }

  std::vector<PathView> views;
  PathSelector selector;
  Duration now{0};
};

}  // namespace hawser::testing
