// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "multipath/traffic_class.h"

namespace hawser {

// The exclusive or of some data frames of a bucket: with all of them but one, that one can be made
// again. Behind the shim header (type parity, the bucket, the sequence of the first frame) come
//   covered 16 | exclusive or of their lengths 16 | exclusive or of their packets, as the longest
// Bit i of `covered` is the frame `first` + i; a packet is what follows a frame's shim header and
// stamp.
struct ParityFrame {
  static constexpr unsigned kSpan = 16;  // of sequences
  static constexpr std::size_t kHeaderSize = 4;

  TrafficClass traffic_class{};
  std::uint16_t bucket = 0;
  std::uint32_t first = 0;
  std::uint16_t covered = 0;  // bit 0 is set
  std::uint16_t length = 0;
  std::vector<std::uint8_t> packets;

  // Of a whole frame, shim header included.
  static std::optional<ParityFrame> parse(ByteSpan frame);
  std::vector<std::uint8_t> serialize() const;
  // Adds a packet, or takes it out again.
  void combine(ByteSpan packet);
  friend bool operator==(const ParityFrame&, const ParityFrame&) = default;
};

}  // namespace hawser
