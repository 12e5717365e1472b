// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace hawser {

// The help pages of the commands about keys.
std::string_view keygen_help();
std::string_view pubkey_help();
std::string_view genpsk_help();
std::string_view genppk_help();
std::string_view rekey_help();
std::string_view initiate_help();
std::string_view terminate_help();

}  // namespace hawser
