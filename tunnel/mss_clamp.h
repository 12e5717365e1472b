// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "tunnel/ip_header.h"

namespace hawser {

// Lowers the MSS option of a TCP SYN (RFC 9293 section 3.7.1) so that segments fit `mtu` octets of
// inner packet. The TCP checksum must be complete; it is updated. Anything that is not a whole SYN
// with an MSS option above the limit is left as it is, and so is all if `mtu` has no room for one
// octet, as 0 has not. True if it was changed.
bool clamp_mss(MutableByteSpan packet, const IpHeader& header, std::uint16_t mtu);

}  // namespace hawser
