// SPDX-License-Identifier: Apache-2.0
#include "tunnel/ip_header.h"

#include "tunnel/inet_checksum.h"

namespace hawser {
namespace {

constexpr std::size_t kIpv4MinHeader = 20;
constexpr std::size_t kIpv6Header = 40;

std::optional<IpHeader> parse_v4(ByteSpan packet) {
  const std::uint8_t* p = packet.data();
  IpHeader header;
  header.header_size = static_cast<std::uint16_t>((p[0] & 0x0f) * 4);
  header.total_size = load_be16(p + 2);
  if (header.header_size < kIpv4MinHeader || header.total_size < header.header_size ||
      header.total_size > packet.size()) {
    return std::nullopt;
  }
  header.protocol = p[9];
  header.is_fragment = (load_be16(p + 6) & 0x3fff) != 0;
  header.source = IpAddress::v4(p + 12);
  header.destination = IpAddress::v4(p + 16);
  return header;
}

std::optional<IpHeader> parse_v6(ByteSpan packet) {
  const std::uint8_t* p = packet.data();
  IpHeader header;
  header.header_size = kIpv6Header;
  const std::size_t total = kIpv6Header + load_be16(p + 4);
  if (total > packet.size() || total > 65535) return std::nullopt;  // no jumbograms
  header.total_size = static_cast<std::uint16_t>(total);
  header.protocol = p[6];
  header.source = IpAddress::v6(p + 8);
  header.destination = IpAddress::v6(p + 24);
  return header;
}

std::uint32_t mix(std::uint32_t hash, std::uint32_t value) {
  hash = (hash ^ value) * 0x9e3779b1u;
  return hash ^ (hash >> 15);
}

}  // namespace

std::optional<IpHeader> IpHeader::parse(ByteSpan packet) {
  if (packet.empty()) return std::nullopt;
  const unsigned version = packet[0] >> 4;
  if (version == 4 && packet.size() >= kIpv4MinHeader) return parse_v4(packet);
  if (version == 6 && packet.size() >= kIpv6Header) return parse_v6(packet);
  return std::nullopt;
}

ByteSpan header_addresses(ByteSpan packet, const IpHeader& header) {
  return header.is_v4() ? packet.subspan(12, 8) : packet.subspan(8, 32);
}

std::uint32_t flow_hash(ByteSpan packet, const IpHeader& header) {
  std::uint32_t hash = header.protocol;
  const ByteSpan addresses = header_addresses(packet, header);
  for (std::size_t i = 0; i < addresses.size(); i += 4) hash = mix(hash, load_be32(&addresses[i]));
  const bool has_ports = header.protocol == kProtocolTcp || header.protocol == kProtocolUdp;
  if (has_ports && !header.is_fragment && header.total_size >= header.header_size + 4u) {
    hash = mix(hash, load_be32(packet.data() + header.header_size));
  }
  return hash;
}

void set_ip_length(MutableByteSpan packet, const IpHeader& header, std::size_t total_size) {
  if (!header.is_v4()) {
    store_be16(packet.data() + 4, static_cast<std::uint16_t>(total_size - kIpv6Header));
    return;
  }
  store_be16(packet.data() + 2, static_cast<std::uint16_t>(total_size));
  store_be16(packet.data() + 10, 0);
  store_be16(packet.data() + 10, finish_checksum(add_to_sum(0, packet.first(header.header_size))));
}

}  // namespace hawser
