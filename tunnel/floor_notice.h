// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.h"
#include "tunnel/sa_types.h"

namespace hawser {

// After a restart a receiver refuses numbers up to its floor, which may lie ahead of what the peer
// has sent. This tells the peer to skip them. It travels as the content of a dummy packet (RFC 4303
// section 2.6), sealed like any other; who does not know it discards it.
//
//   "hawserfl" (8) | SPI, the peer's to send with (4) | floor (8)
struct FloorNotice {
  static constexpr std::size_t kSize = 20;

  Spi spi;
  SequenceNumber floor;

  // Nothing if the dummy packet holds something else. TFC padding may follow.
  static std::optional<FloorNotice> parse(ByteSpan dummy);
  // Writes kSize octets.
  void serialize(std::uint8_t* out) const;
};

}  // namespace hawser
