// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/frame_headers.h"

namespace hawser::lab {
namespace {

constexpr std::size_t kEthernetSize = 14;
constexpr std::size_t kIpv4Size = 20;
constexpr std::size_t kIpv6Size = 40;
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86DD;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kProtocolFragment = 44;
constexpr std::uint8_t kEcnMask = 3;

std::uint16_t ether_type(ByteSpan frame) {
  return frame.size() < kEthernetSize ? std::uint16_t{0} : load_be16(&frame[12]);
}
bool is_ipv4(ByteSpan frame) {
  return ether_type(frame) == kEtherTypeIpv4 && frame.size() >= kEthernetSize + kIpv4Size;
}
bool is_ipv6(ByteSpan frame) {
  return ether_type(frame) == kEtherTypeIpv6 && frame.size() >= kEthernetSize + kIpv6Size;
}

// RFC 1624 equation 3: HC' = ~(~HC + ~m + m').
void replace_ipv4_word(std::uint8_t* header, std::size_t offset, std::uint16_t word) {
  const std::uint32_t old_sum = static_cast<std::uint16_t>(~load_be16(header + 10));
  std::uint32_t sum = old_sum + static_cast<std::uint16_t>(~load_be16(header + offset)) + word;
  sum = (sum & 0xFFFF) + (sum >> 16);
  sum = (sum & 0xFFFF) + (sum >> 16);
  store_be16(header + offset, word);
  store_be16(header + 10, static_cast<std::uint16_t>(~sum));
}

}  // namespace

bool is_udp(ByteSpan frame) {
  if (is_ipv4(frame)) return frame[kEthernetSize + 9] == kProtocolUdp;
  if (!is_ipv6(frame)) return false;
  const std::uint8_t next = frame[kEthernetSize + 6];
  if (next != kProtocolFragment) return next == kProtocolUdp;
  return frame.size() > kEthernetSize + kIpv6Size &&
         frame[kEthernetSize + kIpv6Size] == kProtocolUdp;
}

bool mark_congestion(MutableByteSpan frame) {
  if (is_ipv4(frame)) {
    std::uint8_t* header = &frame[kEthernetSize];
    if ((header[1] & kEcnMask) == 0) return false;
    replace_ipv4_word(header, 0, static_cast<std::uint16_t>(load_be16(header) | kEcnMask));
    return true;
  }
  if (!is_ipv6(frame)) return false;
  // The traffic class sits in octets 0 and 1, four bits each; ECN is the low half's upper bits.
  std::uint8_t& octet = frame[kEthernetSize + 1];
  if ((octet & (kEcnMask << 4)) == 0) return false;
  octet = static_cast<std::uint8_t>(octet | (kEcnMask << 4));
  return true;
}

}  // namespace hawser::lab
