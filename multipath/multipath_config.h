// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "multipath/flow_match.h"
#include "multipath/path_config.h"
#include "multipath/traffic_policy.h"

namespace hawser {

// What the user says of paths and of what goes by them.
struct MultipathConfig {
  static constexpr unsigned kPathsMax = 8;

  bool is_on = true;
  unsigned paths_max = kPathsMax;  // to one peer
  std::vector<PathConfig> paths;   // [path.NAME]
  std::vector<ClassRule> rules;    // [class.NAME], the first that holds counts
  TrafficPolicies policies;
  friend bool operator==(const MultipathConfig&, const MultipathConfig&) = default;
};

}  // namespace hawser
