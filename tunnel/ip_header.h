// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/ip_address.h"

namespace hawser {

inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

// What the tunnel needs to know of an inner packet. Offsets into the packet, nothing copied but the
// addresses.
struct IpHeader {
  IpAddress source;
  IpAddress destination;
  std::uint16_t header_size = 0;  // IPv4 with options; IPv6 without extension headers: 40
  std::uint16_t total_size = 0;   // as the header says, at most the size of the packet
  std::uint8_t protocol = 0;      // IPv4 protocol or first IPv6 next header
  bool is_fragment = false;       // IPv4; an IPv6 fragment shows as protocol 44

  // RFC 791 section 3.1, RFC 8200 section 3. Unset if the packet is not sound: version, header
  // length, or a total length that is larger than the packet.
  static std::optional<IpHeader> parse(ByteSpan packet);
  bool is_v4() const { return source.is_v4(); }
};

// Source and destination as they stand in the header, for the pseudo-header's sum.
ByteSpan header_addresses(ByteSpan packet, const IpHeader& header);

// A hash of addresses, protocol and (where there are any and the packet is not a fragment) ports.
// Equal for all packets of a flow in one direction, but for fragments.
std::uint32_t flow_hash(ByteSpan packet, const IpHeader& header);

// Sets the total length, and the IPv4 header checksum.
void set_ip_length(MutableByteSpan packet, const IpHeader& header, std::size_t total_size);

}  // namespace hawser
