// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ike-lite/ike_payloads.h"
#include "ike-lite/ike_types.h"

namespace hawser {

// RFC 7296 section 3.1:
//   SPIi 8 | SPIr 8 | next payload 1 | version 1 | exchange 1 | flags 1 | message ID 4 | length 4
struct IkeHeader {
  static constexpr std::size_t kSize = 28;

  IkeSpi spi_initiator;
  IkeSpi spi_responder;
  std::uint8_t next_payload = 0;
  std::uint8_t major_version = 2;
  std::uint8_t minor_version = 0;
  std::uint8_t exchange = 0;    // ExchangeType, or one that we do not know
  bool from_initiator = false;  // I: the sender began this IKE SA
  bool is_response = false;     // R
  MessageId message_id;
  std::uint32_t length = 0;  // of the whole message

  // Only the octets; kMalformed if there are too few.
  static Result<IkeHeader, WireFailure> parse(ByteSpan message);
  // Also kMalformed if the major version is not 2 or `length` is not the size of `message`.
  static Result<IkeHeader, WireFailure> parse_whole(ByteSpan message);
  void serialize(ByteWriter& writer) const;
  friend bool operator==(const IkeHeader&, const IkeHeader&) = default;
};

// A message in the clear (IKE_SA_INIT). `bytes` is one UDP payload without the non-ESP marker; its
// length must be what the header says.
struct IkeMessage {
  IkeHeader header;
  IkePayloads payloads;

  static Result<IkeMessage, WireFailure> parse(ByteSpan bytes);
  // Sets next payload and length.
  std::vector<std::uint8_t> serialize() const;
};

// Where the encrypted payload of a message lies (RFC 7296 section 3.14, RFC 7383 section 2.5). It
// must be the only payload: nothing of ours stands before it, and what stands behind is malformed.
struct EncryptedPart {
  IkeHeader header;
  std::uint8_t first_inner_payload = 0;
  // 1 of 1 for an SK payload; an SKF payload says which.
  std::uint16_t fragment = 1;
  std::uint16_t fragments = 1;
  bool is_fragment = false;
  std::size_t aad_size = 0;     // octets from the beginning of the message
  std::size_t body_offset = 0;  // of IV | ciphertext | ICV, to the end of the message

  static Result<EncryptedPart, WireFailure> parse(ByteSpan message);
};

}  // namespace hawser
