// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tun/unique_fd.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// Tells a service manager how the daemon is, by the protocol of sd_notify(3): one datagram to the
// Unix socket that NOTIFY_SOCKET names. So small that it needs no library. Where no manager listens
// nothing happens. The watchdog is fed by the event loop: a loop that hangs is noticed.
class ServiceNotifier final : public TimedHandler {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them, so that programs which
  // the daemon starts don't speak for it.
  static ServiceNotifier from_environment();
  ServiceNotifier(ServiceNotifier&&) = default;
  ServiceNotifier& operator=(ServiceNotifier&&) = default;

  void ready();
  void reloading(TimePoint now);
  void stopping(std::string_view reason);

  // Twice in the time after which the manager would give us up.
  std::optional<TimePoint> next_timeout() const override { return next_ping_; }
  void handle_timeout(TimePoint now) override;

 private:
  ServiceNotifier() = default;
  // Never waits: a manager that doesn't read must not stop the packets.
  void send(const std::string& message) const;

  std::string address_;  // sun_path, an abstract name with its leading zero
  UniqueFd socket_;
  std::optional<TimePoint> next_ping_;
  Duration ping_interval_{};
};

}  // namespace hawser
