// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace hawser {

// One thing wrong with a config or key file. `what` is "what is wrong; what would be right", one
// line, and never holds key material.
struct ConfigError {
  std::string file;
  unsigned line = 0;
  std::string key;  // or the section, as "[peer.hq]"
  std::string what;

  // FILE:LINE: KEY: WHAT
  std::string to_string() const {
    return file + ":" + std::to_string(line) + ": " + key + ": " + what;
  }
};

// All that is wrong, by line; never empty when returned as an error.
using ConfigErrors = std::vector<ConfigError>;

}  // namespace hawser
