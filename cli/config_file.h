// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/config_error.h"
#include "cli/config_scanner.h"

namespace hawser {

// A whole text file that is no secret. The error is "what is wrong; what would be right".
Result<std::string, std::string> read_config_file(const std::string& file);

// The sections of a config file, and of the files for one peer each that belong to it: `*.conf` in
// the directory that `peers-dir` names, peers.d beside it if nothing is said. Keys and values have
// the right form.
Result<ConfigText, ConfigErrors> read_config_text(const std::string& file);

}  // namespace hawser
