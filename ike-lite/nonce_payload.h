// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// RFC 7296 section 3.9: nothing but the nonce, of 16 to 256 octets.
inline constexpr std::size_t kMinNonceSize = 16;
inline constexpr std::size_t kMaxNonceSize = 256;

Result<std::vector<std::uint8_t>, WireFailure> parse_nonce(ByteReader& body);

}  // namespace hawser
