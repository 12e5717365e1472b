// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "ike-lite/ike_types.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// What each payload begins with (RFC 7296 section 3.2); the length counts these 4 octets.
//
//   | next payload  |C|  reserved   |        payload length         |
struct GenericHeader {
  static constexpr std::size_t kSize = 4;
  static constexpr std::uint8_t kCritical = 0x80;

  std::uint8_t next_payload = 0;
  bool is_critical = false;

  // Takes a payload off the reader, its content into `body`; false if it does not lie within.
  [[nodiscard]] static bool read(ByteReader& reader, GenericHeader& header, ByteReader& body) {
    std::uint8_t flags = 0;
    std::uint16_t length = 0;
    if (!reader.read_u8(header.next_payload) || !reader.read_u8(flags) ||
        !reader.read_u16(length) || length < kSize || !reader.read_sub(length - kSize, body)) {
      return false;
    }
    header.is_critical = (flags & kCritical) != 0;
    return true;
  }
};

}  // namespace hawser
