// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <iostream>

#include "cli/exit_code.h"
#include "cli/hawser_command.h"

int main(int argc, char** argv) {
  try {
    return hawser::run_hawser(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "hawser: " << error.what() << '\n';
    return hawser::kExitFailed;
  }
}
