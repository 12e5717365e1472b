// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/config_loader.h"
#include "cli/status_report.h"
#include "cli/system_changes.h"

namespace hawser {

// nat = yes: this host forwards, in the families that are inside the tunnel.
Result<void, std::string> set_up_forwarding(const InterfaceConfig& config,
                                            const std::vector<PeerSummary>& peers,
                                            SystemChanges& changes);

// A sentence for a host that looks like a gateway but does not forward; else empty.
std::string forwarding_hint(const InterfaceConfig& config, const std::vector<PeerSummary>& peers);

}  // namespace hawser
