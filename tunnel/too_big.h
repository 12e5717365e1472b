// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "tunnel/ip_header.h"

namespace hawser {

// Whether a packet of `size` octets that its way does not take whole may go in parts: one of IPv4
// whose sender did not forbid it, and one of IPv6 that every link of IPv6 has to carry, by what
// means ever (RFC 8200 section 5).
bool may_be_fragmented(ByteSpan packet, const IpHeader& header, std::size_t size);

// The answer to a packet that its way does not take: ICMP "fragmentation needed" (RFC 792, RFC 1191
// section 4) or ICMPv6 "packet too big" (RFC 4443 section 3.2), a whole IP packet for the sender.
// Empty if none may be sent (RFC 1122 section 3.2.2, RFC 4443 section 2.4).
std::vector<std::uint8_t> make_too_big(ByteSpan packet, const IpHeader& header, std::size_t mtu);

}  // namespace hawser
