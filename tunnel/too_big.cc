// SPDX-License-Identifier: Apache-2.0
#include "tunnel/too_big.h"

#include <algorithm>
#include <cstring>

#include "tunnel/inet_checksum.h"

namespace hawser {
namespace {

constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolIcmpV6 = 58;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kIpv6MinMtu = 1280;
constexpr std::size_t kQuoteV4 = 576 - kIpv4Header - kIcmpHeader;  // RFC 1812 section 4.3.2.3
constexpr std::size_t kQuoteV6 = kIpv6MinMtu - kIpv6Header - kIcmpHeader;  // RFC 4443 section 3.2
constexpr std::uint8_t kHops = 64;

bool is_one_host(const IpAddress& address) {
  return !address.is_unspecified() && !address.is_multicast_or_broadcast();
}

bool is_icmp_error(ByteSpan packet, const IpHeader& header) {
  if (header.total_size <= header.header_size) return false;
  const std::uint8_t type = packet[header.header_size];
  if (!header.is_v4()) return header.protocol == kProtocolIcmpV6 && type < 128;
  return header.protocol == kProtocolIcmp &&
         (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

// Only the first fragment shows to which of its packets the sender has to look.
bool is_later_fragment(ByteSpan packet, const IpHeader& header) {
  return header.is_v4() && (load_be16(packet.data() + 6) & 0x1fff) != 0;
}

// From whom the packet was for: an address of this host would be refused as one that cannot come
// from a device, and the sender only looks at what is quoted.
std::vector<std::uint8_t> make_v4(ByteSpan packet, const IpHeader& header, std::size_t mtu) {
  const ByteSpan quote = packet.first(std::min<std::size_t>(header.total_size, kQuoteV4));
  std::vector<std::uint8_t> reply(kIpv4Header + kIcmpHeader + quote.size());
  std::uint8_t* ip = reply.data();
  ip[0] = 0x45;
  store_be16(ip + 2, static_cast<std::uint16_t>(reply.size()));
  ip[8] = kHops;
  ip[9] = kProtocolIcmp;
  std::memcpy(ip + 12, packet.data() + 16, 4);
  std::memcpy(ip + 16, packet.data() + 12, 4);
  store_be16(ip + 10, finish_checksum(add_to_sum(0, {ip, kIpv4Header})));
  //  | type 3 | code 4 | checksum | unused | next-hop MTU | the packet's beginning
  std::uint8_t* icmp = ip + kIpv4Header;
  icmp[0] = 3;
  icmp[1] = 4;
  store_be16(icmp + 6, static_cast<std::uint16_t>(std::min<std::size_t>(mtu, 0xffff)));
  std::memcpy(icmp + kIcmpHeader, quote.data(), quote.size());
  store_be16(icmp + 2, finish_checksum(add_to_sum(0, {icmp, kIcmpHeader + quote.size()})));
  return reply;
}

std::vector<std::uint8_t> make_v6(ByteSpan packet, const IpHeader& header, std::size_t mtu) {
  const ByteSpan quote = packet.first(std::min<std::size_t>(header.total_size, kQuoteV6));
  std::vector<std::uint8_t> reply(kIpv6Header + kIcmpHeader + quote.size());
  std::uint8_t* ip = reply.data();
  ip[0] = 0x60;
  store_be16(ip + 4, static_cast<std::uint16_t>(kIcmpHeader + quote.size()));
  ip[6] = kProtocolIcmpV6;
  ip[7] = kHops;
  std::memcpy(ip + 8, packet.data() + 24, 16);
  std::memcpy(ip + 24, packet.data() + 8, 16);
  //  | type 2 | code 0 | checksum | MTU | the packet's beginning
  std::uint8_t* icmp = ip + kIpv6Header;
  icmp[0] = 2;
  // RFC 8201 section 4: who hears of less than this has to ignore it. What is as small goes in
  // parts.
  store_be32(icmp + 4, static_cast<std::uint32_t>(std::max(mtu, kIpv6MinMtu)));
  std::memcpy(icmp + kIcmpHeader, quote.data(), quote.size());
  const auto size = static_cast<std::uint32_t>(kIcmpHeader + quote.size());
  const ChecksumSum pseudo = pseudo_header_sum({ip + 8, 32}, kProtocolIcmpV6, size);
  store_be16(icmp + 2, finish_checksum(add_to_sum(pseudo, {icmp, size})));
  return reply;
}

}  // namespace

bool may_be_fragmented(ByteSpan packet, const IpHeader& header, std::size_t size) {
  constexpr std::uint16_t kDontFragment = 0x4000;
  if (header.is_v4()) return (load_be16(packet.data() + 6) & kDontFragment) == 0;
  return size <= kIpv6MinMtu;
}

std::vector<std::uint8_t> make_too_big(ByteSpan packet, const IpHeader& header, std::size_t mtu) {
  if (!is_one_host(header.source) || !is_one_host(header.destination) ||
      is_icmp_error(packet, header) || is_later_fragment(packet, header)) {
    return {};
  }
  return header.is_v4() ? make_v4(packet, header, mtu) : make_v6(packet, header, mtu);
}

}  // namespace hawser
