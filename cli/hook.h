// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace hawser {

// A command of the user's at a turn of the tunnel's life: /bin/sh -c COMMAND, with the device's
// name in HAWSER_INTERFACE, its output where the daemon's goes.
struct Hook {
  static constexpr Seconds kPatience{30};

  std::string key;  // post-up or pre-down
  std::string command;
  std::string device;
};

// Runs it to its end, and calls `meanwhile` again and again, which may wait some milliseconds and
// says whether to go on. A command that takes too long, or is not to go on, is killed with all that
// it started and that is still in its process group. The error is a sentence.
Result<void, std::string> run_hook(const Hook& hook, const std::function<bool()>& meanwhile,
                                   Duration patience = Hook::kPatience);

}  // namespace hawser
