// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/path_changes.h"

namespace hawser {

// The control socket's language, version 1: one JSON object a line. docs/control.md has the schema.
using Json = nlohmann::ordered_json;

inline constexpr int kControlVersion = 1;
inline constexpr std::size_t kControlRequestMax = 4096;  // octets of a request's line
// Octets of a response's line: the status of 10,000 peers with keys, four times.
inline constexpr std::size_t kControlResponseMax = 64 * 1024 * 1024;

enum class ControlCommand : std::uint8_t {
  kStatus,
  kSas,
  kReload,
  kDown,
  kMonitor,
  kRekey,
  kInitiate,
  kTerminate,
  kPaths,
  kPath
};

struct ControlRequest {
  Json id;  // a number, a string or null; echoed
  ControlCommand command{};
  bool first_use = false;  // of reload: keys that were never used before are accepted
  std::string peer;        // of rekey, initiate and terminate; empty: all
  bool ike = false;        // of rekey: IKE itself, not the keys of packets
  std::optional<PathRequest> change = {};  // of path
};

// `code` is for programs: "malformed", "version", "unknown-command", "too-long", "config",
// "failed". `lines` has the config's errors.
struct ControlError {
  Json id;
  std::string code;
  std::string message;
  std::vector<std::string> lines;
};

// Of one line without its end; whatever the octets are.
Result<ControlRequest, ControlError> parse_control_request(std::string_view line);

// Lines, with their end.
std::string make_request(std::string_view command, Json members = Json::object());
std::string make_response(const Json& id, Json result);
std::string make_error_response(const ControlError& error);
std::string make_event(std::string_view event, Json members);

}  // namespace hawser
