// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tun/tun_device.h"
#include "tunnel/io/udp_socket.h"

namespace hawser {

// What the data path uses of the kernel: asked for at start, then granted.
struct IoOptions {
  TunOffloads tun;
  UdpOffloads udp;

  // Everything that the kernel has.
  static constexpr IoOptions full() { return {}; }
  // One packet per system call, nothing offloaded: what the bench compares with.
  static constexpr IoOptions plain() {
    return {.tun = {.vnet_hdr = false, .tso = false, .uso = false},
            .udp = {.gso = false, .gro = false, .batch = false}};
  }
};

}  // namespace hawser
