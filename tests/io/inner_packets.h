// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/inner_packet.h"
#include "tun/vnet_header.h"

namespace hawser::testing {

// The Internet checksum (RFC 1071), not complemented.
inline std::uint16_t checksum_of(ByteSpan bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// IPv4 from 10.0.0.1 to 10.0.0.2.
inline void write_ip_header(std::vector<std::uint8_t>& packet, std::uint8_t protocol) {
  const std::uint8_t header[20] = {0x45, 0, 0,  0, 0, 1, 0x40, 0, 64, protocol,
                                   0,    0, 10, 0, 0, 1, 10,   0, 0,  2};
  std::copy(std::begin(header), std::end(header), packet.begin());
  store_be16(&packet[2], static_cast<std::uint16_t>(packet.size()));
  const auto sum = checksum_of(ByteSpan(packet).first(20));
  store_be16(&packet[10], static_cast<std::uint16_t>(~sum));
}

inline std::uint16_t pseudo_header_sum(const std::vector<std::uint8_t>& packet,
                                       std::uint8_t protocol) {
  return checksum_of(ByteSpan(packet).subspan(12, 8),
                     static_cast<std::uint32_t>(packet.size() - 20 + protocol));
}

struct UdpPacket {
  std::size_t payload = 100;
  std::uint8_t fill = 0;
};
inline std::vector<std::uint8_t> udp_packet(const UdpPacket& options) {
  std::vector<std::uint8_t> packet(28 + options.payload, options.fill);
  write_ip_header(packet, 17);
  store_be16(&packet[20], 1234);
  store_be16(&packet[22], 5678);
  store_be16(&packet[24], static_cast<std::uint16_t>(8 + options.payload));
  store_be16(&packet[26], 0);
  const auto sum = checksum_of(ByteSpan(packet).subspan(20), pseudo_header_sum(packet, 17));
  store_be16(&packet[26], static_cast<std::uint16_t>(~sum));
  return packet;
}

struct TcpSuperPacket {
  std::size_t payload = 10000;
  std::uint16_t segment_size = 1380;
};
struct SuperPacket {
  std::vector<std::uint8_t> vnet_header;
  std::vector<std::uint8_t> packet;
  std::size_t header_size = 40;
};
inline SuperPacket tcp_super_packet(const TcpSuperPacket& options) {
  SuperPacket super;
  super.packet.resize(40 + options.payload);
  for (std::size_t i = 40; i < super.packet.size(); ++i) {
    super.packet[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  }
  write_ip_header(super.packet, 6);
  store_be16(&super.packet[20], 1234);
  store_be16(&super.packet[22], 80);
  store_be32(&super.packet[24], 1000);
  super.packet[32] = 0x50;
  super.packet[33] = 0x10;  // ACK
  store_be16(&super.packet[36], pseudo_header_sum(super.packet, 6));
  Gso gso;
  gso.kind = GsoKind::kTcp;
  gso.segment_size = options.segment_size;
  gso.header_size = 40;
  gso.needs_checksum = true;
  gso.checksum_start = 20;
  gso.checksum_offset = 16;
  const auto header = encode_vnet_header(gso, super.packet);
  super.vnet_header.assign(header.begin(), header.end());
  return super;
}

}  // namespace hawser::testing
