// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace hawser {

// Which system calls are left.
enum class SandboxProfile : std::uint8_t {
  // Those that a running daemon makes: no program is started. Any other kills the process.
  kDaemon,
  // Everything but what takes over or spies on a system, for a daemon that runs commands of its
  // config: the filter is theirs too, and cannot be widened for them. What is left out fails with
  // EPERM, which a command can report.
  kCommands,
};

// Installs the filter for all threads of this process and all that it will start, for ever. Sets
// no_new_privs. The error is a sentence.
Result<void, std::string> enter_sandbox(SandboxProfile profile);

// False in builds with a sanitizer whose runtime makes calls of its own (ptrace, personality).
bool sandbox_fits_this_build();

}  // namespace hawser
