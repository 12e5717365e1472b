// SPDX-License-Identifier: Apache-2.0
#include <spdlog/spdlog.h>

#include <exception>
#include <iostream>

#include "cli/command_line.h"
#include "cli/daemon.h"
#include "cli/exit_code.h"
#include "cli/help_text.h"
#include "cli/logging.h"
#include "cli/sandbox.h"

namespace hawser {
namespace {

// Everything stands: nothing that the daemon does from here on needs what is given up.
Result<void, std::string> confine(const InterfaceConfig& settings) {
  if (!settings.sandbox || !sandbox_fits_this_build()) return {};
  return enter_sandbox(settings.pre_down.empty() ? SandboxProfile::kDaemon
                                                 : SandboxProfile::kCommands);
}

int run_hawserd(int argc, const char* const* argv) {
  const auto line = parse_daemon_command_line(argc, argv);
  if (!line) {
    std::cerr << "hawserd: " << line.error() << "; see hawserd --help\n";
    return kExitUsage;
  }
  if (line->help || line->version) {
    std::cout << (line->help ? std::string(hawserd_help()) : version_text("hawserd"));
    return kExitDone;
  }
  auto config = load_config(line->config);
  if (!config) {
    for (const ConfigError& error : config.error()) std::cerr << error.to_string() << '\n';
    return kExitUsage;
  }
  start_logging(line->log_level);
  const InterfaceConfig settings = config->interface;
  auto daemon = Daemon::start({.config = std::move(*config),
                               .runtime_dir = line->runtime_dir,
                               .state_dir = line->state_dir,
                               .first_use = line->first_use});
  if (!daemon) {
    spdlog::error("{}", daemon.error().what);
    return daemon.error().exit_code();
  }
  if (auto confined = confine(settings); !confined) {
    spdlog::error("{}", confined.error());
    return kExitFailed;
  }
  return (*daemon)->run();
}

}  // namespace
}  // namespace hawser

int main(int argc, char** argv) {
  try {
    return hawser::run_hawserd(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "hawserd: " << error.what() << '\n';
    return hawser::kExitFailed;
  }
}
