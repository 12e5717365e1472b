// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tun/tun_device.h"
#include "tunnel/io/udp_socket.h"

namespace hawser {

// How one worker's I/O does, as plain values for status.
struct IoStatus {
  struct Udp {
    std::uint16_t port = 0;
    UdpOffloads granted;
    UdpCounters counters;
  };

  std::string event_loop;  // "epoll"
  TunOffloads tun_granted;
  TunCounters tun;
  std::optional<Udp> udp_v4;
  std::optional<Udp> udp_v6;
};

}  // namespace hawser
