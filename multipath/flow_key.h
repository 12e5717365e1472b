// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace hawser {

// All that the class of an inner packet may depend on.
struct FlowInfo {
  std::uint32_t hash = 0;  // equal for all packets of a flow in one direction
  std::uint8_t dscp = 0;   // RFC 2474
  std::uint8_t protocol = 0;
  bool has_ports = false;  // TCP, UDP, UDP-Lite, SCTP or DCCP, and no fragment
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t size = 0;       // octets of the packet or super-packet, its headers with it
  std::uint32_t last_size = 0;  // of the packet, or of the last that a super-packet stands for
};

// Of an inner packet that begins with its IP header and is sound (tunnel/ip_header.h); of what is
// cut short or no IP packet, what there is. `hash` is the caller's, who knows of super-packets.
FlowInfo read_flow(ByteSpan packet, std::uint32_t hash);

}  // namespace hawser
