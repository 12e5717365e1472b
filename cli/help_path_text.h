// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hawser {

// The help pages of the commands about paths.
std::string_view paths_help();
std::string_view path_help();

}  // namespace hawser
