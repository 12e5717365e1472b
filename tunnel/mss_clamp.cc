// SPDX-License-Identifier: Apache-2.0
#include "tunnel/mss_clamp.h"

#include "tunnel/inet_checksum.h"

namespace hawser {
namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::uint8_t kTcpSyn = 0x02;
constexpr std::uint8_t kOptionEnd = 0;
constexpr std::uint8_t kOptionNop = 1;
constexpr std::uint8_t kOptionMss = 2;

// The offset of the MSS value in the TCP header, or 0.
std::size_t find_mss(ByteSpan options) {
  std::size_t at = 0;
  while (at < options.size() && options[at] != kOptionEnd) {
    if (options[at] == kOptionNop) {
      ++at;
      continue;
    }
    if (at + 2 > options.size() || options[at + 1] < 2) return 0;
    if (at + options[at + 1] > options.size()) return 0;
    if (options[at] == kOptionMss && options[at + 1] == 4) return kTcpHeader + at + 2;
    at += options[at + 1];
  }
  return 0;
}

}  // namespace

bool clamp_mss(MutableByteSpan packet, const IpHeader& header, std::uint16_t mtu) {
  if (header.protocol != kProtocolTcp || header.is_fragment) return false;
  const std::size_t ip_and_tcp = (header.is_v4() ? 20u : 40u) + kTcpHeader;
  if (mtu <= ip_and_tcp || header.total_size < header.header_size + kTcpHeader) return false;
  const MutableByteSpan tcp =
      packet.subspan(header.header_size, header.total_size - header.header_size);
  const std::size_t tcp_header = static_cast<std::size_t>(tcp[12] >> 4) * 4;
  if ((tcp[13] & kTcpSyn) == 0 || tcp_header < kTcpHeader || tcp_header > tcp.size()) return false;
  const std::size_t at = find_mss(tcp.subspan(kTcpHeader, tcp_header - kTcpHeader));
  if (at == 0) return false;
  const std::uint16_t mss = load_be16(&tcp[at]);
  const auto limit = static_cast<std::uint16_t>(mtu - ip_and_tcp);
  if (mss <= limit) return false;
  // At an odd offset the field lies across two of the checksum's words: swapped octets add up
  // alike.
  const bool odd = at % 2 != 0;
  const std::uint16_t from = odd ? __builtin_bswap16(mss) : mss;
  const std::uint16_t to = odd ? __builtin_bswap16(limit) : limit;
  store_be16(&tcp[at], limit);
  store_be16(&tcp[16], update_checksum(load_be16(&tcp[16]), from, to));
  return true;
}

}  // namespace hawser
