// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon_commands.h"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>

#include "cli/config_value.h"
#include "cli/control_client.h"
#include "cli/exit_code.h"
#include "cli/key_commands.h"
#include "cli/path_changes.h"
#include "cli/paths_report.h"
#include "cli/status_text.h"

namespace hawser {
namespace {

using namespace std::chrono_literals;

constexpr auto kDownPatience = 45s;  // pre-down may take 30 s

std::optional<std::string> only_name(const CommandLine& line) {
  if (line.arguments.size() == 1) return line.arguments[0];
  print_error(line.command + " takes one NAME; see hawser " + line.command + " --help");
  return std::nullopt;
}

int print_failure(const ControlError& error) {
  for (const std::string& text : error.lines) std::cerr << text << '\n';
  if (error.lines.empty()) print_error(error.message);
  return error.code == "config" ? kExitUsage : kExitFailed;
}

Result<ControlClient, std::string> reach(const CommandLine& line, const std::string& name) {
  auto client = ControlClient::connect(control_socket_path(line.runtime_dir, name));
  if (client) return std::move(*client);
  if (client.error().absent) {
    return failure("no tunnel `" + name + "` runs: " + client.error().what);
  }
  return failure(client.error().what);
}

void print_json(const Json& value) {
  std::cout << value.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

// `status` and `sas`: of one tunnel, or of all.
int show(const CommandLine& line, std::string (*as_text)(const Json&)) {
  if (line.arguments.size() > 1) {
    print_error(line.command + " takes at most one NAME; see hawser " + line.command + " --help");
    return kExitUsage;
  }
  const bool all = line.arguments.empty();
  Json results = Json::array();
  for (const std::string& name : all ? tunnels_in(line.runtime_dir) : line.arguments) {
    auto client = reach(line, name);
    auto result = client ? client->call(line.command)
                         : failure(ControlError{nullptr, "failed", client.error(), {}});
    if (result) {
      results.push_back(std::move(*result));
    } else if (!all) {
      return print_failure(result.error());
    } else {
      print_error(result.error().message);
    }
  }
  if (line.json) {
    print_json(all ? Json{{"tunnels", results}} : results.front());
    return kExitDone;
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::cout << (i == 0 ? "" : "\n") << as_text(results[i]);
  }
  return kExitDone;
}

// Empty, and the reason printed, if the daemon cannot be reached.
std::optional<ControlClient> reach_or_say_why(const CommandLine& line, const std::string& name) {
  auto client = reach(line, name);
  if (client) return std::move(*client);
  print_error(client.error());
  return std::nullopt;
}

}  // namespace

int run_down(const CommandLine& line) {
  const auto name = only_name(line);
  if (!name) return kExitUsage;
  auto client = reach_or_say_why(line, *name);
  if (!client) return kExitFailed;
  if (auto result = client->call("down"); !result) return print_failure(result.error());
  // The daemon closes this connection when all it made is gone.
  while (client->read_line(kDownPatience)) continue;
  if (ControlClient::connect(control_socket_path(line.runtime_dir, *name))) {
    print_error("`" + *name + "` did not stop in time");
    return kExitFailed;
  }
  std::error_code error;
  std::filesystem::remove(line.runtime_dir + "/" + *name + ".log", error);
  return kExitDone;
}

int run_reload(const CommandLine& line) {
  const auto name = only_name(line);
  if (!name) return kExitUsage;
  auto client = reach_or_say_why(line, *name);
  if (!client) return kExitFailed;
  Json members = Json::object();
  if (line.first_use) members["first_use"] = true;
  if (auto result = client->call("reload", 60s, members); !result)
    return print_failure(result.error());
  return kExitDone;
}

int run_status(const CommandLine& line) { return show(line, status_text); }

int run_sas(const CommandLine& line) { return show(line, sas_text); }

int run_paths(const CommandLine& line) {
  return show(line, line.why ? paths_why_text : paths_text);
}

int run_path(const CommandLine& line) {
  const auto& words = line.arguments;
  const bool is_add = !words.empty() && words[0] == "add";
  if (words.size() < 3 || words.size() > (is_add ? 4U : 3U)) {
    print_error("path takes ACTION, NAME and PATH; see hawser path --help");
    return kExitUsage;
  }
  if (!parse_path_action(words[0])) {
    print_error("`" + words[0] +
                "` can't be done to a path; write add, remove, enable, disable or prefer");
    return kExitUsage;
  }
  Json members{{"action", words[0]}, {"path", words[2]}};
  if (words.size() == 4) {
    if (const auto gateway = parse_gateways(words[3]); !gateway) {
      print_error(gateway.error());
      return kExitUsage;
    }
    members["gateway"] = words[3];
  }
  auto client = reach_or_say_why(line, words[1]);
  if (!client) return kExitFailed;
  if (auto result = client->call("path", 10s, members); !result) {
    return print_failure(result.error());
  }
  return kExitDone;
}

namespace {

int ask_of_peers(const CommandLine& line, std::size_t most) {
  const auto& words = line.arguments;
  if (words.empty() || words.size() > most) {
    print_error(line.command + " takes NAME and a PEER; see hawser " + line.command + " --help");
    return kExitUsage;
  }
  Json members = Json::object();
  if (words.size() > 1) members["peer"] = words[1];
  if (words.size() > 2) {
    if (words[2] != "ike" && words[2] != "child") {
      print_error("`" + words[2] + "` can't be replaced; write ike or child");
      return kExitUsage;
    }
    members["what"] = words[2];
  }
  auto client = reach_or_say_why(line, words[0]);
  if (!client) return kExitFailed;
  if (auto result = client->call(line.command, 10s, members); !result) {
    return print_failure(result.error());
  }
  return kExitDone;
}

}  // namespace

int run_rekey(const CommandLine& line) { return ask_of_peers(line, 3); }
int run_initiate(const CommandLine& line) { return ask_of_peers(line, 2); }
int run_terminate(const CommandLine& line) { return ask_of_peers(line, 2); }

int run_monitor(const CommandLine& line) {
  const auto name = only_name(line);
  if (!name) return kExitUsage;
  auto client = reach_or_say_why(line, *name);
  if (!client) return kExitFailed;
  if (auto result = client->call("monitor"); !result) return print_failure(result.error());
  bool stopped = false;
  while (const auto event = client->read_line(std::nullopt)) {
    stopped = event->value("event", std::string()) == "shutdown";
    if (line.json) {
      std::cout << event->dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
    } else {
      std::cout << event_text(*event) << std::flush;
    }
    if (!std::cout) return kExitFailed;
  }
  if (stopped) return kExitDone;
  print_error("the daemon closed the connection");
  return kExitFailed;
}

}  // namespace hawser
