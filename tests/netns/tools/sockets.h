// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/time.h"

namespace hawser::lab {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  // "192.0.2.1:5000" or "[2001:db8::1]:5000"; throws std::runtime_error.
  static SocketAddress parse(const std::string& text);
  SocketAddress with_port_plus(unsigned offset) const;
  std::uint16_t port() const;
};

// A UDP socket with buffers of up to 8 MiB, bound or (with `connect`) connected to the address.
// Throws std::runtime_error.
int open_udp(const SocketAddress& address, bool connect = false);

TimePoint read_clock();            // CLOCK_MONOTONIC
void sleep_until(TimePoint when);  // returns at once for the past
double thread_cpu_seconds();
[[noreturn]] void throw_errno(const std::string& what);

}  // namespace hawser::lab
