// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "cli/exit_code.h"

namespace hawser {

// Why a tunnel does not start: a sentence, and whether another try could end otherwise.
struct StartError {
  // What the system refuses now it may allow later.
  StartError(std::string sentence) : what(std::move(sentence)) {}
  // Stays wrong until somebody changes the config, the state or the command line.
  static StartError lasting(std::string sentence) {
    StartError error(std::move(sentence));
    error.is_lasting = true;
    return error;
  }

  int exit_code() const { return is_lasting ? kExitUsage : kExitFailed; }

  std::string what;
  bool is_lasting = false;
};

}  // namespace hawser
