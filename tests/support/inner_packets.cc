// SPDX-License-Identifier: Apache-2.0
#include "tests/support/inner_packets.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace hawser {
namespace {

// RFC 1071 as it is written: 16-bit words, carries folded as they come.
std::uint16_t plain_sum(std::uint32_t sum, ByteSpan bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

void put16(Bytes& bytes, std::size_t at, std::size_t value) {
  bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
  bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, value >> 16);
  put16(bytes, at + 2, value & 0xffff);
}

IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  if (!parsed) throw std::invalid_argument("bad address " + std::string(text));
  return *parsed;
}

std::size_t ip_size(ByteSpan packet) { return packet[0] >> 4 == 4 ? 20 : 40; }

std::uint16_t pseudo_sum(ByteSpan packet) {
  const bool v4 = packet[0] >> 4 == 4;
  const std::size_t l4 = packet.size() - ip_size(packet);
  std::uint32_t sum = plain_sum(0, v4 ? packet.subspan(12, 8) : packet.subspan(8, 32));
  sum += (v4 ? packet[9] : packet[6]) + static_cast<std::uint32_t>(l4);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// An IP header, and room for `l4_size` octets behind it.
Bytes make_ip(const FlowSpec& flow, std::uint8_t protocol, std::size_t l4_size,
              std::uint16_t identification) {
  const IpAddress source = address(flow.source);
  const IpAddress destination = address(flow.destination);
  Bytes packet((source.is_v4() ? 20 : 40) + l4_size);
  if (source.is_v4()) {
    packet[0] = 0x45;
    packet[1] = flow.tos;
    put16(packet, 2, packet.size());
    put16(packet, 4, identification);
    packet[6] = flow.dont_fragment ? 0x40 : 0;
    packet[8] = flow.ttl;
    packet[9] = protocol;
    std::copy_n(source.octets().begin(), 4, packet.begin() + 12);
    std::copy_n(destination.octets().begin(), 4, packet.begin() + 16);
    put16(packet, 10, static_cast<std::uint16_t>(~plain_sum(0, ByteSpan(packet).first(20))));
  } else {
    packet[0] = static_cast<std::uint8_t>(0x60 | flow.tos >> 4);
    packet[1] = static_cast<std::uint8_t>(flow.tos << 4);
    put16(packet, 4, l4_size);
    packet[6] = protocol;
    packet[7] = flow.ttl;
    std::copy_n(source.octets().begin(), 16, packet.begin() + 8);
    std::copy_n(destination.octets().begin(), 16, packet.begin() + 24);
  }
  return packet;
}

void put_checksum(Bytes& packet, std::size_t offset, bool partial) {
  const std::size_t l4 = ip_size(packet);
  put16(packet, l4 + offset, 0);
  const std::uint16_t pseudo = pseudo_sum(packet);
  const std::uint16_t whole = plain_sum(pseudo, ByteSpan(packet).subspan(l4));
  put16(packet, l4 + offset, partial ? pseudo : static_cast<std::uint16_t>(~whole));
}

}  // namespace

Bytes make_udp(const FlowSpec& flow, ByteSpan payload, std::uint16_t identification) {
  Bytes packet = make_ip(flow, 17, 8 + payload.size(), identification);
  const std::size_t l4 = ip_size(packet);
  put16(packet, l4, flow.source_port);
  put16(packet, l4 + 2, flow.destination_port);
  put16(packet, l4 + 4, 8 + payload.size());
  std::copy(payload.begin(), payload.end(), packet.begin() + static_cast<long>(l4) + 8);
  put_checksum(packet, 6, false);
  return packet;
}

Bytes make_tcp(const FlowSpec& flow, const TcpSpec& tcp, ByteSpan payload,
               std::uint16_t identification) {
  const std::size_t header = 20 + tcp.options.size();
  Bytes packet = make_ip(flow, 6, header + payload.size(), identification);
  const std::size_t l4 = ip_size(packet);
  put16(packet, l4, flow.source_port);
  put16(packet, l4 + 2, flow.destination_port);
  put32(packet, l4 + 4, tcp.sequence);
  put32(packet, l4 + 8, tcp.acknowledgement);
  packet[l4 + 12] = static_cast<std::uint8_t>(header / 4 << 4);
  packet[l4 + 13] = tcp.flags;
  put16(packet, l4 + 14, tcp.window);
  std::copy(tcp.options.begin(), tcp.options.end(), packet.begin() + static_cast<long>(l4) + 20);
  std::copy(payload.begin(), payload.end(), packet.begin() + static_cast<long>(l4 + header));
  put_checksum(packet, 16, false);
  return packet;
}

Bytes make_icmp(const FlowSpec& flow, ByteSpan payload) {
  Bytes packet = make_ip(flow, 1, 8 + payload.size(), 0);
  std::copy(payload.begin(), payload.end(), packet.end() - static_cast<long>(payload.size()));
  return packet;
}

Bytes pattern(std::size_t size, std::uint32_t seed) {
  Bytes bytes(size);
  std::uint32_t state = seed * 2654435761u + 1;
  for (std::uint8_t& octet : bytes) {
    state = state * 1664525u + 1013904223u;
    octet = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

bool checksums_are_right(ByteSpan packet) {
  const bool v4 = packet[0] >> 4 == 4;
  if (v4 && plain_sum(0, packet.first(20)) != 0xffff) return false;
  const std::uint8_t protocol = v4 ? packet[9] : packet[6];
  if (protocol != 6 && protocol != 17) return true;
  return plain_sum(pseudo_sum(packet), packet.subspan(ip_size(packet))) == 0xffff;
}

SuperPacket make_super_tcp(const FlowSpec& flow, const TcpSpec& tcp, ByteSpan payload,
                           std::uint16_t segment_size) {
  SuperPacket super{make_tcp(flow, tcp, payload), {}};
  put_checksum(super.bytes, 16, true);
  const std::size_t l4 = ip_size(super.bytes);
  super.gso = {.kind = GsoKind::kTcp,
               .segment_size = segment_size,
               .header_size = static_cast<std::uint16_t>(l4 + 20 + tcp.options.size()),
               .needs_checksum = true,
               .checksum_start = static_cast<std::uint16_t>(l4),
               .checksum_offset = 16};
  return super;
}

SuperPacket make_super_udp(const FlowSpec& flow, ByteSpan payload, std::uint16_t segment_size) {
  SuperPacket super{make_udp(flow, payload), {}};
  put_checksum(super.bytes, 6, true);
  const std::size_t l4 = ip_size(super.bytes);
  super.gso = {.kind = GsoKind::kUdp,
               .segment_size = segment_size,
               .header_size = static_cast<std::uint16_t>(l4 + 8),
               .needs_checksum = true,
               .checksum_start = static_cast<std::uint16_t>(l4),
               .checksum_offset = 6};
  return super;
}

}  // namespace hawser
