// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/config_error.h"
#include "cli/config_in_force.h"
#include "cli/config_loader.h"

namespace hawser {

// What a reload asks for that needs another start, each key with its line: settings of the
// interface, and those of SAs whose keys stay.
ConfigErrors find_fixed_changes(const ConfigInForce& running, const Config& config);

}  // namespace hawser
