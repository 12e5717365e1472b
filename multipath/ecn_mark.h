// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace hawser {

// Of an IP packet's two ECN bits (RFC 3168 section 5).
bool is_ecn_capable(ByteSpan packet);
// Sets Congestion Experienced, and puts an IPv4 header's checksum right. The packet is a whole one
// and ECN-capable; others are not touched.
void mark_congestion(MutableByteSpan packet);

}  // namespace hawser
