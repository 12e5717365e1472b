// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/bytes.h"

namespace hawser {

using Sha1Digest = std::array<std::uint8_t, 20>;
using Sha256Digest = std::array<std::uint8_t, 32>;

// Each of the concatenation of `parts`. Thread-safe.

// For NAT detection alone (RFC 7296 section 2.23): it does not authenticate anything.
Sha1Digest sha1(std::span<const ByteSpan> parts);
Sha256Digest sha256(std::span<const ByteSpan> parts);
// Not a Secret: for what is sent, such as cookies, and is compared in constant time.
Sha256Digest hmac_sha256(ByteSpan key, std::span<const ByteSpan> parts);

inline Sha1Digest sha1(std::initializer_list<ByteSpan> parts) {
  return sha1(std::span(parts.begin(), parts.size()));
}
inline Sha256Digest sha256(std::initializer_list<ByteSpan> parts) {
  return sha256(std::span(parts.begin(), parts.size()));
}
inline Sha256Digest hmac_sha256(ByteSpan key, std::initializer_list<ByteSpan> parts) {
  return hmac_sha256(key, std::span(parts.begin(), parts.size()));
}

}  // namespace hawser
