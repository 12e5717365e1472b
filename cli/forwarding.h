// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "cli/system_changes.h"

namespace hawser {

// The settings that make this host forward packets of a family, with those that the kernel changes
// at the same time.
std::vector<SysctlChange> forwarding_changes(IpFamily family);
bool forwarding_is_on(IpFamily family);

// True if some interface takes a packet only from where its own answer would go (rp_filter = 1).
bool reverse_path_is_strict();
// Lets that check look at marks.
std::vector<SysctlChange> marked_reverse_path_changes();

// So that what comes in by this interface is taken though the best route back is by another one;
// nothing if it is taken already.
std::optional<SysctlChange> loose_reverse_path_change(const std::string& interface);

}  // namespace hawser
