// SPDX-License-Identifier: Apache-2.0
#include "cli/control_protocol.h"

#include <array>
#include <utility>

#include "cli/config_value.h"

namespace hawser {
namespace {

constexpr std::array<std::pair<std::string_view, ControlCommand>, 10> kCommands = {{
    {"status", ControlCommand::kStatus},
    {"sas", ControlCommand::kSas},
    {"reload", ControlCommand::kReload},
    {"down", ControlCommand::kDown},
    {"monitor", ControlCommand::kMonitor},
    {"rekey", ControlCommand::kRekey},
    {"initiate", ControlCommand::kInitiate},
    {"terminate", ControlCommand::kTerminate},
    {"paths", ControlCommand::kPaths},
    {"path", ControlCommand::kPath},
}};

constexpr std::size_t kIdMax = 64;

bool is_valid_id(const Json& id) {
  return id.is_null() || id.is_number_integer() ||
         (id.is_string() && id.get_ref<const std::string&>().size() <= kIdMax);
}

std::string as_line(const Json& object) {
  // Names come from files: octets that are not UTF-8 must not end the daemon.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ControlError malformed(std::string message) {
  return {nullptr, "malformed", std::move(message), {}};
}

// What a request is about, if it is about peers.
Result<void, ControlError> take_peer(const Json& object, ControlRequest& request) {
  if (const auto peer = object.find("peer"); peer != object.end()) {
    if (!peer->is_string()) {
      return failure(ControlError{request.id, "malformed", "`peer` is not a string", {}});
    }
    request.peer = peer->get<std::string>();
  }
  if (const auto what = object.find("what"); what != object.end()) {
    if (*what != "ike" && *what != "child") {
      return failure(ControlError{request.id, "malformed", "`what` is not ike or child", {}});
    }
    request.ike = *what == "ike";
  }
  return {};
}

// What a request changes of paths.
Result<void, ControlError> take_change(const Json& object, ControlRequest& request) {
  const auto wrong = [&](const char* what) {
    return failure(ControlError{request.id, "malformed", what, {}});
  };
  const auto action = object.find("action");
  const auto path = object.find("path");
  if (path == object.end() || !path->is_string()) return wrong("`path` is not a string");
  const auto known = action != object.end() && action->is_string()
                         ? parse_path_action(action->get_ref<const std::string&>())
                         : std::nullopt;
  if (!known) return wrong("`action` is not add, remove, enable, disable or prefer");
  request.change = PathRequest{*known, path->get<std::string>(), {}};
  const auto gateway = object.find("gateway");
  if (gateway == object.end()) return {};
  if (!gateway->is_string()) return wrong("`gateway` is not a string");
  auto gateways = parse_gateways(gateway->get_ref<const std::string&>());
  if (!gateways) return wrong("`gateway` is not a list of addresses, one of each family");
  request.change->gateways = std::move(*gateways);
  return {};
}

}  // namespace

Result<ControlRequest, ControlError> parse_control_request(std::string_view line) {
  if (line.size() > kControlRequestMax) {
    return failure(ControlError{nullptr, "too-long", "a request has at most 4096 octets", {}});
  }
  const Json object = Json::parse(line, nullptr, false);
  if (object.is_discarded()) return failure(malformed("the line is not JSON"));
  if (!object.is_object()) return failure(malformed("the line is not a JSON object"));

  ControlRequest request;
  if (const auto id = object.find("id"); id != object.end()) {
    if (!is_valid_id(*id)) {
      return failure(malformed("`id` is not an integer or a string of at most 64 octets"));
    }
    request.id = *id;
  }
  const auto version = object.find("v");
  if (version == object.end() || !version->is_number_integer() || *version != kControlVersion) {
    return failure(ControlError{request.id, "version", "`v` is not 1", {}});
  }
  const auto command = object.find("cmd");
  if (command == object.end() || !command->is_string()) {
    return failure(ControlError{request.id, "malformed", "`cmd` is not a string", {}});
  }
  const auto& name = command->get_ref<const std::string&>();
  for (const auto& [known, value] : kCommands) {
    if (name != known) continue;
    request.command = value;
    request.first_use = object.value("first_use", Json(false)) == true;
    if (auto taken = take_peer(object, request); !taken) return failure(taken.error());
    if (value == ControlCommand::kPath) {
      if (auto taken = take_change(object, request); !taken) return failure(taken.error());
    }
    return request;
  }
  return failure(ControlError{
      request.id,
      "unknown-command",
      "`cmd` is not status, sas, paths, path, reload, down, monitor, rekey, initiate or "
      "terminate",
      {}});
}

std::string make_request(std::string_view command, Json members) {
  Json object{{"v", kControlVersion}, {"id", 1}, {"cmd", command}};
  object.update(members);
  return as_line(object);
}

std::string make_response(const Json& id, Json result) {
  return as_line(
      Json{{"v", kControlVersion}, {"id", id}, {"ok", true}, {"result", std::move(result)}});
}

std::string make_error_response(const ControlError& error) {
  Json object{{"code", error.code}, {"message", error.message}};
  if (!error.lines.empty()) object["lines"] = error.lines;
  return as_line(
      Json{{"v", kControlVersion}, {"id", error.id}, {"ok", false}, {"error", std::move(object)}});
}

std::string make_event(std::string_view event, Json members) {
  Json object{{"v", kControlVersion}, {"event", event}};
  object.update(members);
  return as_line(object);
}

}  // namespace hawser
