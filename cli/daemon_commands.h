// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command_line.h"

namespace hawser {

// Commands that start a daemon or talk to one. Each returns an exit code.
int run_up(const CommandLine& line);
int run_down(const CommandLine& line);
int run_reload(const CommandLine& line);
int run_status(const CommandLine& line);
int run_sas(const CommandLine& line);
int run_paths(const CommandLine& line);
// ACTION NAME PATH, and of add [GATEWAY].
int run_path(const CommandLine& line);
int run_monitor(const CommandLine& line);
// NAME [PEER], and of rekey [ike | child].
int run_rekey(const CommandLine& line);
int run_initiate(const CommandLine& line);
int run_terminate(const CommandLine& line);

}  // namespace hawser
