// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace hawser::lab {

// What the link emulator has to know of an Ethernet frame. Anything that is not plain IPv4 or IPv6
// behind the 14 octets is left alone.

// True for UDP, later fragments of it included.
bool is_udp(ByteSpan frame);

// Sets CE where the sender declared ECT(0), ECT(1) or CE already, and repairs the IPv4 header
// checksum. False for frames that are not ECN capable.
bool mark_congestion(MutableByteSpan frame);

}  // namespace hawser::lab
