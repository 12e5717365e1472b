// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/traffic_selector_payload.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr std::uint8_t kIpv4Range = 7;
constexpr std::uint8_t kIpv6Range = 8;
constexpr std::size_t kSelectorHeader = 8;
constexpr std::uint8_t kAnyProtocol = 0;
constexpr std::uint16_t kLastPort = 0xffff;

IpAddress to_address(ByteSpan octets) {
  return octets.size() == 4 ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
}

bool read_selector(ByteReader& reader, TrafficSelectorPayload& payload) {
  std::uint8_t type = 0;
  std::uint8_t protocol = 0;
  std::uint16_t length = 0;
  ByteReader content{ByteSpan()};
  std::uint16_t start_port = 0;
  std::uint16_t end_port = 0;
  if (!reader.read_u8(type) || !reader.read_u8(protocol) || !reader.read_u16(length)) return false;
  if (length < kSelectorHeader || !reader.read_sub(length - 4u, content)) return false;
  if (type != kIpv4Range && type != kIpv6Range) {
    ++payload.unusable;
    return true;
  }
  const std::size_t size = type == kIpv4Range ? 4 : 16;
  ByteSpan first;
  ByteSpan last;
  if (!content.read_u16(start_port) || !content.read_u16(end_port) ||
      !content.read_bytes(size, first) || !content.read_bytes(size, last) || !content.at_end()) {
    return false;
  }
  const TrafficSelector selector{to_address(first), to_address(last)};
  if (selector.last < selector.first) return false;
  // The ports' order says nothing: 65535 to 0 is OPAQUE (RFC 7296 section 3.13.1).
  if (protocol == kAnyProtocol && start_port == 0 && end_port == kLastPort) {
    payload.selectors.push_back(selector);
  } else {
    ++payload.unusable;
  }
  return true;
}

}  // namespace

Result<TrafficSelectorPayload, WireFailure> parse_traffic_selectors(ByteReader& body) {
  TrafficSelectorPayload payload;
  std::uint8_t count = 0;
  if (!body.read_u8(count) || !body.skip(3) || count == 0) return malformed();
  for (unsigned i = 0; i < count; ++i) {
    if (!read_selector(body, payload)) return malformed();
  }
  if (!body.at_end()) return malformed();
  return payload;
}

void serialize(const TrafficSelectorPayload& payload, OctetWriter& writer) {
  assert(!payload.selectors.empty());
  const std::size_t count = std::min(payload.selectors.size(), kMaxTrafficSelectors);
  writer.write_count_u8(count);
  writer.write_zeros(3);
  for (std::size_t i = 0; i < count; ++i) {
    const TrafficSelector& selector = payload.selectors[i];
    const std::size_t size = selector.first.octets().size();
    writer.write_u8(size == 4 ? kIpv4Range : kIpv6Range);
    writer.write_u8(kAnyProtocol);
    writer.write_count_u16(kSelectorHeader + 2 * size);
    writer.write_u16(0);
    writer.write_u16(kLastPort);
    writer.write_bytes(selector.first.octets());
    writer.write_bytes(selector.last.octets());
  }
}

}  // namespace hawser
