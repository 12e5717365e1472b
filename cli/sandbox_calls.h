// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace hawser {

// Names of system calls as libseccomp knows them, on every architecture. Where a call exists under
// an old name (open) and a new one (openat), both are here: which one the C library makes depends
// on the architecture.

// What the daemon does after its start, whatever the arguments.
std::span<const char* const> daemon_calls();
// What neither the daemon nor a command of its config has any business with.
std::span<const char* const> dangerous_calls();

}  // namespace hawser
