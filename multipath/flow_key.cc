// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_key.h"

namespace hawser {
namespace {

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;

bool protocol_has_ports(std::uint8_t protocol) {
  // TCP, UDP, DCCP, SCTP, UDP-Lite: the ports are the first four octets of each.
  return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
}

}  // namespace

FlowInfo read_flow(ByteSpan packet, std::uint32_t hash) {
  const auto size = static_cast<std::uint32_t>(packet.size());
  FlowInfo flow{.hash = hash, .size = size, .last_size = size};
  if (packet.empty()) return flow;
  const unsigned version = packet[0] >> 4;
  std::size_t ports_at = 0;
  bool is_fragment = false;
  if (version == 4 && packet.size() >= kIpv4Header) {
    // RFC 791 section 3.1, RFC 2474 section 3.
    flow.dscp = packet[1] >> 2;
    flow.protocol = packet[9];
    is_fragment = (load_be16(&packet[6]) & 0x3fff) != 0;
    ports_at = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
  } else if (version == 6 && packet.size() >= kIpv6Header) {
    // RFC 8200 section 3: the traffic class is 8 bits behind the version. A fragment shows as
    // protocol 44.
    flow.dscp = static_cast<std::uint8_t>((load_be16(&packet[0]) >> 6) & 0x3f);
    flow.protocol = packet[6];
    ports_at = kIpv6Header;
  } else {
    return flow;
  }
  if (is_fragment || !protocol_has_ports(flow.protocol) || packet.size() < ports_at + 4)
    return flow;
  flow.has_ports = true;
  flow.source_port = load_be16(&packet[ports_at]);
  flow.destination_port = load_be16(&packet[ports_at + 2]);
  return flow;
}

}  // namespace hawser
