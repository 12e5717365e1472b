// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hawser {

// Sets up spdlog's default logger: lines to standard error, with <PRIORITY> in front if that is a
// journal stream, else with time and level. `level`: debug, info, warn or error.
void start_logging(const std::string& level);

}  // namespace hawser
