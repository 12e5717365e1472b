// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/config_error.h"
#include "cli/config_scanner.h"

namespace hawser {

// First half of the checks: sections and keys are known, and each value has the right form. Looks
// at one line at a time, opens no file.
ConfigErrors check_config_keys(const ConfigText& text);

}  // namespace hawser
