// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/control_protocol.h"
#include "tun/unique_fd.h"

namespace hawser {

std::string control_socket_path(const std::string& runtime_dir, const std::string& name);
// The tunnels with a socket in the directory, sorted.
std::vector<std::string> tunnels_in(const std::string& runtime_dir);

// Why a daemon was not reached.
struct ConnectError {
  std::string what;     // a sentence
  bool absent = false;  // no daemon is there
};

// The command's end of a control socket. Blocks, with time limits.
class ControlClient {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  static Result<ControlClient, ConnectError> connect(const std::string& path);
  explicit ControlClient(UniqueFd fd) : fd_(std::move(fd)) {}

  // The response's `result`.
  Result<Json, ControlError> call(std::string_view command,
                                  std::chrono::milliseconds patience = kPatience,
                                  Json members = Json::object());
  // The next line; nothing at the end of the stream, or when time ran out (unset: waits).
  std::optional<Json> read_line(std::optional<std::chrono::milliseconds> patience);

 private:
  bool send(std::string_view text);

  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace hawser
