// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace hawser {

// How the kernel schedules the daemon: `nice` and `scheduler` of the config.
struct ProcessPriority {
  std::optional<int> nice;  // unset: as it was started
  std::string scheduler = "other";

  friend bool operator==(const ProcessPriority&, const ProcessPriority&) = default;
};

// For this thread and those that it starts; programs that are started get back to normal where this
// raised them. The error is a sentence.
Result<void, std::string> apply_priority(const ProcessPriority& priority);

}  // namespace hawser
