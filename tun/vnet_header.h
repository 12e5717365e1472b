// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/inner_packet.h"
#include "base/result.h"

namespace hawser {

// The virtio-net header that the TUN device puts in front of each packet, little-endian:
//
//    0       1        2         4         6            8             10
//    | flags | gso_type | hdr_len | gso_size | csum_start | csum_offset | IP packet ...
inline constexpr std::size_t kVnetHeaderSize = 10;

enum class VnetError : std::uint8_t {
  kTruncated,       // shorter than the header and a minimal IP packet
  kUnknownGso,      // a kind that was not asked for
  kBadHeaders,      // the IP or transport header does not fit the packet or the kind
  kBadChecksum,     // the checksum's place is outside the packet, or not where the header ends
  kBadSegmentSize,  // zero
};

// Reads header and packet as they came from the device. The size of the headers is taken from the
// IP and transport headers; hdr_len is a hint that some kernels leave wrong. What comes back is
// sound: all offsets lie in the packet, and a super-packet has the headers that its kind promises.
Result<InnerPacket, VnetError> decode_vnet_header(MutableByteSpan frame);

// The header for a packet that begins with `first_part` (at least the IP and transport headers).
std::array<std::uint8_t, kVnetHeaderSize> encode_vnet_header(const Gso& gso, ByteSpan first_part);

}  // namespace hawser
