// SPDX-License-Identifier: Apache-2.0
#include "cli/service_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace hawser {
namespace {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string result = value == nullptr ? "" : value;
  unsetenv(name);
  return result;
}

std::optional<std::uint64_t> parse_decimal(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

// How long the manager waits for a sign of life; unset: it doesn't.
std::optional<Duration> watchdog_patience() {
  const auto patience = parse_decimal(take_variable("WATCHDOG_USEC"));
  const std::string pid = take_variable("WATCHDOG_PID");
  constexpr std::uint64_t kLongest = 86'400'000'000;
  if (!patience || *patience == 0 || *patience > kLongest) return std::nullopt;
  if (!pid.empty() && parse_decimal(pid) != static_cast<std::uint64_t>(getpid())) {
    return std::nullopt;
  }
  return std::chrono::microseconds(*patience);
}

}  // namespace

ServiceNotifier ServiceNotifier::from_environment() {
  ServiceNotifier notifier;
  std::string address = take_variable("NOTIFY_SOCKET");
  const auto patience = watchdog_patience();
  const bool is_name = address.starts_with('/') || address.starts_with('@');
  if (!is_name || address.size() >= sizeof(sockaddr_un::sun_path)) return notifier;
  if (address[0] == '@') address[0] = '\0';
  notifier.socket_.reset(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  notifier.address_ = std::move(address);
  if (patience) {
    notifier.ping_interval_ = *patience / 2;
    notifier.next_ping_ = TimePoint{};
  }
  return notifier;
}

void ServiceNotifier::ready() { send("READY=1\nSTATUS=The tunnel runs."); }

void ServiceNotifier::reloading(TimePoint now) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since.count()) +
       "\nSTATUS=Reading the config again.");
}

void ServiceNotifier::stopping(std::string_view reason) {
  send("STOPPING=1\nSTATUS=Stopping: " + std::string(reason));
}

void ServiceNotifier::handle_timeout(TimePoint now) {
  if (!next_ping_ || now < *next_ping_) return;
  next_ping_ = now + ping_interval_;
  send("WATCHDOG=1");
}

void ServiceNotifier::send(const std::string& message) const {
  if (!socket_.is_open()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)sendto(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace hawser
