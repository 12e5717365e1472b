// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace hawser {

// The Internet checksum (RFC 1071). Sums are kept unfolded in 64 bits and in the machine's byte
// order; only finish_checksum and fold_sum give octets to store, in network order.
using ChecksumSum = std::uint64_t;

// Adds the octets, an odd last one padded with zero. Every part but the last must be of even size.
ChecksumSum add_to_sum(ChecksumSum sum, ByteSpan bytes);
// Source, destination, protocol and length (RFC 9293 section 3.1, RFC 8200 section 8.1).
// `addresses` is source and destination as they stand in the header: 8 or 32 octets.
ChecksumSum pseudo_header_sum(ByteSpan addresses, std::uint8_t protocol, std::uint32_t l4_size);

// 16 bits as load_be16 reads them: uncomplemented, and complemented.
std::uint16_t fold_sum(ChecksumSum sum);
inline std::uint16_t finish_checksum(ChecksumSum sum) {
  return static_cast<std::uint16_t>(~fold_sum(sum));
}

// The checksum after a 16-bit field changed from one value to another (RFC 1624 equation 3).
std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t from, std::uint16_t to);

}  // namespace hawser
