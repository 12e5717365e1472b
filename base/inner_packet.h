// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace hawser {

enum class GsoKind : std::uint8_t { kNone, kTcp, kUdp };

// What the TUN device's virtio-net header says of a packet. A super-packet (kind not kNone) is one
// IP packet of up to 65535 octets that stands for several, equal but for the last: its payload
// behind `header_size` octets is to be cut every `segment_size` octets.
struct Gso {
  GsoKind kind = GsoKind::kNone;
  std::uint16_t segment_size = 0;  // payload octets of each segment
  std::uint16_t header_size = 0;   // IP and TCP or UDP headers together
  // The TCP or UDP checksum is not complete: the field holds the pseudo-header's sum, and the sum
  // over [checksum_start, end) belongs at checksum_start + checksum_offset. Always so for
  // super-packets.
  bool needs_checksum = false;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
};

// One packet, or super-packet, as read from the TUN device: the IP header first. The owner of the
// memory is the reader; valid for the call that takes it.
struct InnerPacket {
  MutableByteSpan bytes;
  Gso gso;
};

// One write to the TUN device: the parts, one behind the other, are a packet or a super-packet. The
// first part begins with the IP header. Valid until the next call that hands packets to the object
// that returned it.
struct InnerBatch {
  std::span<const ByteSpan> parts;
  Gso gso;
};

}  // namespace hawser
