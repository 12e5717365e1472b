// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "multipath/path_selector.h"
#include "multipath/path_status.h"
#include "multipath/path_view.h"

namespace hawser {

// Why each path carries a class or not, in words ("hawser paths --why"): a clause that follows
// "used: " or "not used: ", like "its delay is 280 ms above fibre's, and 200 ms can be evened out".
// An item for each path; `names` are those of `paths`, and both are as in the selector's last
// update.
std::vector<std::array<PathUse, kTrafficClasses>> explain_paths(std::span<const PathView> paths,
                                                                std::span<const std::string> names,
                                                                const PathSelector& selector);

}  // namespace hawser
