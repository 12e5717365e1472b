// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command_line.h"

namespace hawser {

// Commands that need no daemon. Each returns an exit code.
int run_keygen(const CommandLine& line);
int run_pubkey(const CommandLine& line);
// Of genpsk and genppk, whose keys differ in use only.
int run_genpsk(const CommandLine& line);
int run_check(const CommandLine& line);

// Each on one line of standard error.
void print_error(std::string_view sentence);

}  // namespace hawser
