// SPDX-License-Identifier: Apache-2.0
#include "multipath/ecn_mark.h"

namespace hawser {
namespace {

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;

bool is_v4(ByteSpan packet) { return packet.size() >= kIpv4Header && packet[0] >> 4 == 4; }
bool is_v6(ByteSpan packet) { return packet.size() >= kIpv6Header && packet[0] >> 4 == 6; }

}  // namespace

bool is_ecn_capable(ByteSpan packet) {
  if (is_v4(packet)) return (packet[1] & 0x03) != 0;
  // RFC 8200 section 3: the traffic class lies across the first two octets.
  if (is_v6(packet)) return (packet[1] & 0x30) != 0;
  return false;
}

void mark_congestion(MutableByteSpan packet) {
  if (!is_ecn_capable(packet)) return;
  if (is_v6(packet)) {
    packet[1] |= 0x30;
    return;
  }
  const std::uint32_t from = load_be16(&packet[0]);
  packet[1] |= 0x03;
  const std::uint32_t to = load_be16(&packet[0]);
  // RFC 1624 equation 3.
  std::uint32_t sum = (~std::uint32_t{load_be16(&packet[10])} & 0xffff) + (~from & 0xffff) + to;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  store_be16(&packet[10], static_cast<std::uint16_t>(~sum));
}

}  // namespace hawser
