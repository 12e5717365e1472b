// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hawser {

// The command `hawser`; returns what it exits with.
int run_hawser(int argc, const char* const* argv);

}  // namespace hawser
