// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "tunnel/drop_reason.h"
#include "tunnel/sa_types.h"

namespace hawser {

// An ESP packet with an AEAD (RFC 4303 figure 2, RFC 4106 section 3), all fields big-endian:
//
//    0                   1                   2                   3
//   |                Security Parameters Index (SPI)                | 4
//   |            Sequence number, low 32 bits of the counter        | 4
//   |            IV: the counter, 64 bits (RFC 4106 section 3.1)    | 8
//   |  inner packet ... | padding 1, 2, 3 ... | pad length | next h.| 4n, encrypted
//   |                       ICV                                     | 16
inline constexpr std::size_t kEspHeaderSize = 8;
inline constexpr std::size_t kEspIvSize = 8;
inline constexpr std::size_t kEspHeadroom = kEspHeaderSize + kEspIvSize;
inline constexpr std::size_t kEspTrailerSize = 2;
inline constexpr std::size_t kEspMinSize = kEspHeadroom + 4 + kAeadIcvSize;
// What comes behind an inner packet at most: padding, pad length, next header, ICV.
inline constexpr std::size_t kEspTailroom = 3 + kEspTrailerSize + kAeadIcvSize;

inline constexpr std::uint8_t kNextHeaderIpv4 = 4;
inline constexpr std::uint8_t kNextHeaderIpv6 = 41;
inline constexpr std::uint8_t kNextHeaderDummy = 59;  // RFC 4303 section 2.6
inline constexpr std::uint8_t kNextHeaderShim = 253;  // RFC 3692, agreed by the SA set

// Octets of padding so that pad length and next header end on a multiple of 4.
constexpr std::size_t esp_pad_size(std::size_t inner_size) {
  return (4 - (inner_size + kEspTrailerSize) % 4) % 4;
}
// Octets of the whole ESP packet around an inner packet of this size.
constexpr std::size_t esp_sealed_size(std::size_t inner_size) {
  return kEspHeadroom + inner_size + esp_pad_size(inner_size) + kEspTrailerSize + kAeadIcvSize;
}
// The largest inner packet whose ESP packet has at most `sealed_size` octets.
constexpr std::size_t esp_max_inner_size(std::size_t sealed_size) {
  const std::size_t clear = (sealed_size - kEspHeadroom - kAeadIcvSize) / 4 * 4;
  return clear - kEspTrailerSize;
}
// The longest ESP packet for a link MTU outside: UDP header 8, IPv4 header 20 or IPv6 header 40.
constexpr std::size_t esp_sealed_max(std::size_t link_mtu, bool outer_is_v4) {
  return link_mtu - 8 - (outer_is_v4 ? 20 : 40);
}
// The MTU inside for a link MTU outside.
constexpr std::size_t esp_inner_mtu(std::size_t link_mtu, bool outer_is_v4) {
  return esp_max_inner_size(esp_sealed_max(link_mtu, outer_is_v4));
}
static_assert(esp_inner_mtu(1500, true) == 1438 && esp_inner_mtu(1500, false) == 1418);

struct EspHeader {
  Spi spi;
  std::uint32_t sequence_low = 0;
  std::uint64_t iv = 0;

  // Fails with kRunt if the packet is shorter than the shortest ESP packet or its encrypted part
  // is not a multiple of 4.
  static Result<EspHeader, DropReason> parse(ByteSpan packet);
  // Writes kEspHeadroom octets.
  void serialize(std::uint8_t* packet) const;
};

// Writes padding, pad length and next header behind `inner_size` octets at `inner`.
void write_esp_trailer(std::uint8_t* inner, std::size_t inner_size, std::uint8_t next_header);

struct EspPayload {
  std::size_t size = 0;  // without padding; TFC padding still in it
  std::uint8_t next_header = 0;

  // Reads the trailer at the end of the decrypted part and checks the padding octets.
  static Result<EspPayload, DropReason> parse(ByteSpan clear);
};

// The AEAD's nonce (RFC 4106 section 4) and additional data (section 5).
void fill_aead_inputs(AeadPacket& packet, ByteSpan salt, const EspHeader& header,
                      SequenceNumber sequence, bool esn);

}  // namespace hawser
