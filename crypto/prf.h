// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "crypto/secret.h"

namespace hawser {

// The pseudorandom functions of IKEv2 that are accepted here (RFC 4868). HMAC takes keys of any
// size, so that what RFC 7296 section 2.14 says of fixed key sizes does not apply.
enum class PrfAlgorithm : std::uint8_t { kHmacSha256, kHmacSha384, kHmacSha512 };

// Octets of the output; also the preferred size of a key (RFC 7296 section 2.13).
std::size_t prf_size(PrfAlgorithm algorithm);

// prf(key, parts[0] | parts[1] | ...): what the RFC's formulas concatenate need not be copied
// together. Thread-safe, as is all in this header.
Secret prf(PrfAlgorithm algorithm, ByteSpan key, std::span<const ByteSpan> parts);
inline Secret prf(PrfAlgorithm algorithm, ByteSpan key, std::initializer_list<ByteSpan> parts) {
  return prf(algorithm, key, std::span(parts.begin(), parts.size()));
}

// prf+ of RFC 7296 section 2.13. It counts in one octet: `size` is at most 255 * prf_size().
Secret prf_plus(PrfAlgorithm algorithm, ByteSpan key, ByteSpan seed, std::size_t size);

}  // namespace hawser
