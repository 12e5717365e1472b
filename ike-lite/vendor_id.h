// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/bytes.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// How Hawsers know each other (RFC 7296 section 3.12): the first 16 octets of
// SHA-256("Hawser ikev2-multipath") | version 2 | flags 2. Shown inside IKE_AUTH alone, and of
// meaning only if both ends showed it there.
inline constexpr std::uint16_t kHawserVersion = 1;

std::vector<std::uint8_t> hawser_vendor_id();
// Whatever its version and flags: a later one keeps to what this one says.
bool has_hawser_vendor_id(const IkePayloads& payloads);

}  // namespace hawser
