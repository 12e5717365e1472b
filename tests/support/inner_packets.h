// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/inner_packet.h"
#include "base/ip_address.h"

namespace hawser {

using Bytes = std::vector<std::uint8_t>;

// Builds sound inner packets for tests, each octet by the RFC's drawing and with checksums computed
// octet by octet, independently of the code under test.
struct FlowSpec {
  std::string_view source = "10.1.0.1";
  std::string_view destination = "10.2.0.1";
  std::uint16_t source_port = 1000;
  std::uint16_t destination_port = 2000;
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  bool dont_fragment = true;
};
struct TcpSpec {
  std::uint32_t sequence = 1;
  std::uint32_t acknowledgement = 1;
  std::uint8_t flags = 0x10;  // ACK
  std::uint16_t window = 1000;
  Bytes options;  // a multiple of 4 octets
};

Bytes make_udp(const FlowSpec& flow, ByteSpan payload, std::uint16_t identification = 0);
Bytes make_tcp(const FlowSpec& flow, const TcpSpec& tcp, ByteSpan payload,
               std::uint16_t identification = 0);
Bytes make_icmp(const FlowSpec& flow, ByteSpan payload);
// `size` octets: a pattern that depends on `seed`.
Bytes pattern(std::size_t size, std::uint32_t seed = 0);

// What the whole of RFC 1071, taken literally, says of the packet: IPv4 header checksum and TCP or
// UDP checksum are right.
bool checksums_are_right(ByteSpan packet);

// A super-packet as a TUN device delivers it: pseudo-header sum in the checksum field.
struct SuperPacket {
  Bytes bytes;
  Gso gso;
};
SuperPacket make_super_tcp(const FlowSpec& flow, const TcpSpec& tcp, ByteSpan payload,
                           std::uint16_t segment_size);
SuperPacket make_super_udp(const FlowSpec& flow, ByteSpan payload, std::uint16_t segment_size);

}  // namespace hawser
