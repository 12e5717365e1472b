// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <stdexcept>

namespace hawser::lab {

void throw_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

SocketAddress SocketAddress::parse(const std::string& text) {
  const std::runtime_error bad("'" + text + "' is not ADDRESS:PORT or [ADDRESS]:PORT");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) throw bad;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data() + colon + 1, end, port).ptr != end) throw bad;
  SocketAddress address;
  if (text[0] == '[' && text[colon - 1] == ']') {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof *v6;
    if (inet_pton(AF_INET6, text.substr(1, colon - 2).c_str(), &v6->sin6_addr) != 1) throw bad;
    return address;
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(port);
  address.size = sizeof *v4;
  if (inet_pton(AF_INET, text.substr(0, colon).c_str(), &v4->sin_addr) != 1) throw bad;
  return address;
}

std::uint16_t SocketAddress::port() const {
  // At the same place in both kinds of address.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

SocketAddress SocketAddress::with_port_plus(unsigned offset) const {
  SocketAddress moved = *this;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&moved.storage);
  v4->sin_port = htons(static_cast<std::uint16_t>(port() + offset));
  return moved;
}

int open_udp(const SocketAddress& address, bool connect) {
  const int fd = socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw_errno("socket");
  const int size = 8 << 20;
  // The forced kind needs CAP_NET_ADMIN; the other is cut to the system's limit.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  const int done =
      connect ? ::connect(fd, address.get(), address.size) : bind(fd, address.get(), address.size);
  if (done < 0) throw_errno(connect ? "connect" : "bind");
  return fd;
}

TimePoint read_clock() {
  timespec ts{};
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return TimePoint(Seconds(ts.tv_sec) + Duration(ts.tv_nsec));
}

void sleep_until(TimePoint when) {
  const Duration since = when.time_since_epoch();
  const timespec at{since / Seconds(1), (since % Seconds(1)).count()};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

double thread_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& tv) {
    return static_cast<double>(tv.tv_sec) + static_cast<double>(tv.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace hawser::lab
