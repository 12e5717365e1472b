// SPDX-License-Identifier: Apache-2.0
#include "cli/hawser_command.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <vector>

#include "cli/command_line.h"
#include "cli/daemon_commands.h"
#include "cli/exit_code.h"
#include "cli/help_text.h"
#include "cli/key_commands.h"

namespace hawser {
namespace {

struct Command {
  std::string_view name;
  int (*run)(const CommandLine& line);
  std::vector<std::string_view> options;  // besides --help
};

const std::array<Command, 16>& commands() {
  static const std::array<Command, 16> kCommands = {{
      {"keygen", run_keygen, {"manual"}},
      {"pubkey", run_pubkey, {"pem"}},
      {"genpsk", run_genpsk, {}},
      {"genppk", run_genpsk, {}},
      {"check", run_check, {}},
      {"up", run_up, {"runtime-dir", "state-dir", "first-use"}},
      {"down", run_down, {"runtime-dir"}},
      {"reload", run_reload, {"runtime-dir", "first-use"}},
      {"status", run_status, {"runtime-dir", "json"}},
      {"sas", run_sas, {"runtime-dir", "json"}},
      {"paths", run_paths, {"runtime-dir", "json", "why"}},
      {"path", run_path, {"runtime-dir"}},
      {"monitor", run_monitor, {"runtime-dir", "json"}},
      {"rekey", run_rekey, {"runtime-dir"}},
      {"initiate", run_initiate, {"runtime-dir"}},
      {"terminate", run_terminate, {"runtime-dir"}},
  }};
  return kCommands;
}

int usage(const std::string& sentence) {
  print_error(sentence);
  return kExitUsage;
}

}  // namespace

int run_hawser(int argc, const char* const* argv) {
  const auto line = parse_command_line(argc, argv);
  if (!line) return usage(line.error() + "; see hawser --help");
  if (line->version) {
    std::cout << version_text("hawser");
    return kExitDone;
  }
  if (line->command.empty() && !line->help) {
    return usage("no command given; see hawser --help");
  }
  const HelpPage* page = find_help_page(line->command);
  if (page == nullptr) {
    return usage("`" + line->command + "` is not a command; see hawser --help");
  }
  if (line->help) {
    std::cout << page->text;
    return kExitDone;
  }
  const auto* command = std::ranges::find(commands(), line->command, &Command::name);
  for (const std::string& option : line->given) {
    if (std::ranges::find(command->options, option) == command->options.end()) {
      return usage(line->command + " takes no --" + option + "; see hawser " + line->command +
                   " --help");
    }
  }
  return command->run(*line);
}

}  // namespace hawser
