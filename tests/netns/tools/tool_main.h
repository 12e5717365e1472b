// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <iostream>

namespace hawser::lab {

// What main() of each tool returns: what `run` does, or 2 with its exception in words.
inline int tool_main(const char* name, int (*run)(int argc, char** argv), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << std::endl;
    return 2;
  }
}

}  // namespace hawser::lab
