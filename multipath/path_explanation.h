// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "multipath/path_selector.h"
#include "multipath/path_view.h"

namespace hawser {

// Why a path carries a class or not, in words ("hawser paths --why").
struct PathExplanation {
  PathId path;
  TrafficClass traffic_class{};
  bool used = false;
  double score = 0;
  std::string text;  // "not used: its delay is 280 ms above fibre's, and 200 ms can be evened out"
};

// For each path and class, in this order. `names` are those of `paths`; both are as in the
// selector's last update.
std::vector<PathExplanation> explain_paths(std::span<const PathView> paths,
                                           std::span<const std::string> names,
                                           const PathSelector& selector);

}  // namespace hawser
