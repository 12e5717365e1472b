// SPDX-License-Identifier: Apache-2.0
#include "cli/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace hawser {
namespace {

using SteadyClock = std::chrono::steady_clock;

// -1 waits for ever.
int milliseconds_until(const std::optional<SteadyClock::time_point>& deadline) {
  if (!deadline) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 3'600'000));
}

ControlError failed(std::string message) { return {nullptr, "failed", std::move(message), {}}; }

ControlError error_of(const Json& response) {
  const Json error = response.value("error", Json::object());
  ControlError result = failed(error.value("message", std::string("no reason given")));
  result.code = error.value("code", std::string("failed"));
  result.lines = error.value("lines", std::vector<std::string>());
  return result;
}

}  // namespace

std::string control_socket_path(const std::string& runtime_dir, const std::string& name) {
  return runtime_dir + "/" + name + ".sock";
}

std::vector<std::string> tunnels_in(const std::string& runtime_dir) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(runtime_dir, error)) {
    if (entry.path().extension() == ".sock" && entry.is_socket(error)) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

Result<ControlClient, ConnectError> ControlClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure(ConnectError{"the name `" + path + "` is too long for a socket"});
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return failure(ConnectError{std::strerror(errno)});
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    if (code == ENOENT || code == ECONNREFUSED) {
      return failure(ConnectError{"no daemon answers at " + path, true});
    }
    return failure(ConnectError{"cannot reach the daemon at " + path + ": " + std::strerror(code)});
  }
  return ControlClient(std::move(fd));
}

bool ControlClient::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd wait{fd_.get(), POLLOUT, 0};
      if (poll(&wait, 1, static_cast<int>(1000 * kPatience.count())) == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::optional<Json> ControlClient::read_line(std::optional<std::chrono::milliseconds> patience) {
  std::optional<SteadyClock::time_point> deadline;
  if (patience) deadline = SteadyClock::now() + *patience;
  std::size_t searched = 0;
  for (;;) {
    if (const std::size_t end = buffer_.find('\n', searched); end != buffer_.npos) {
      Json line = Json::parse(std::string_view(buffer_).substr(0, end), nullptr, false);
      buffer_.erase(0, end + 1);
      if (!line.is_object()) return std::nullopt;
      return line;
    }
    searched = buffer_.size();
    if (searched > kControlResponseMax) return std::nullopt;
    pollfd wait{fd_.get(), POLLIN, 0};
    const int ready = poll(&wait, 1, milliseconds_until(deadline));
    if (ready == 0) return std::nullopt;
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready < 0) continue;
    char chunk[16384];
    const ssize_t got = recv(fd_.get(), chunk, sizeof chunk, 0);
    if (got == 0) return std::nullopt;
    if (got < 0 && errno != EAGAIN && errno != EINTR) return std::nullopt;
    if (got > 0) buffer_.append(chunk, static_cast<std::size_t>(got));
  }
}

Result<Json, ControlError> ControlClient::call(std::string_view command,
                                               std::chrono::milliseconds patience, Json members) {
  if (!send(make_request(command, std::move(members))))
    return failure(failed("the daemon closed the connection"));
  const auto response = read_line(patience);
  if (!response) {
    return failure(failed("the daemon gave no answer (are you root or in its group?)"));
  }
  if (!response->value("ok", false)) return failure(error_of(*response));
  return response->value("result", Json::object());
}

}  // namespace hawser
