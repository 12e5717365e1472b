// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/config_error.h"
#include "cli/config_loader.h"

namespace hawser {

// What a reload asks for that needs another start: an error for each such key of [interface].
ConfigErrors find_fixed_changes(const InterfaceConfig& running, const Config& config);

}  // namespace hawser
