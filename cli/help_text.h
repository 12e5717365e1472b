// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace hawser {

struct HelpPage {
  std::string_view command;  // empty: of `hawser` itself
  std::string_view text;
};

std::span<const HelpPage> hawser_help_pages();
// Null if there is no such command.
const HelpPage* find_help_page(std::string_view command);
std::string_view hawserd_help();

}  // namespace hawser
