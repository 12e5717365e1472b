// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace hawser {

// hawser.conf(5): what all sections have in common, and each key as the program knows it.
std::string config_man_page(std::string_view version);

}  // namespace hawser
