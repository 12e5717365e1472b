// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hawser {

// What `hawser` was called with.
struct CommandLine {
  std::string command;  // empty: none
  std::vector<std::string> arguments;
  std::string runtime_dir = "/run/hawser";
  std::string state_dir = "/var/lib/hawser";
  bool json = false;
  bool manual = false;
  bool pem = false;
  bool first_use = false;
  bool why = false;
  bool help = false;
  bool version = false;
  std::set<std::string> given;  // names of the options that were written
};

// What `hawserd` was called with.
struct DaemonCommandLine {
  std::string config;  // a file
  std::string runtime_dir = "/run/hawser";
  std::string state_dir = "/var/lib/hawser";
  std::string log_level = "info";
  bool first_use = false;
  bool help = false;
  bool version = false;
};

// The errors are sentences.
Result<CommandLine, std::string> parse_command_line(int argc, const char* const* argv);
Result<DaemonCommandLine, std::string> parse_daemon_command_line(int argc, const char* const* argv);

// With a `/` or ending in .conf a file, else /etc/hawser/NAME.conf.
std::string config_file_of(std::string_view name_or_file);

// Prints "hawser 0.1.0" or the like.
std::string version_text(std::string_view program);

}  // namespace hawser
