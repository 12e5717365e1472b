// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"
#include "ike-lite/generic_header.h"
#include "ike-lite/ike_message.h"

namespace hawser {
namespace {

// Encrypted payload (RFC 7296 section 3.14), with an AEAD (RFC 5282 section 3):
//
//   | next payload  |C|  reserved   |        payload length         |
//   |                    initialization vector, 8                   |
//   |        payloads | padding | pad length 1, encrypted           |
//   |                            ICV, 16                            |
//
// Encrypted fragment (RFC 7383 section 2.5), where the next payload of all but the first is 0:
//
//   | next payload  |C|  reserved   |        payload length         |
//   |        fragment number        |        total fragments        |
//   |                    initialization vector, 8                   |  and so on
//
// RFC 5282 section 5.1, RFC 7383 section 2.5: all up to the vector is authenticated.
constexpr std::size_t kIvSize = 8;
constexpr std::size_t kMinBody = kIvSize + 1 + kAeadIcvSize;

bool read_fragment_numbers(ByteReader& body, EncryptedPart& part) {
  return body.read_u16(part.fragment) && body.read_u16(part.fragments) && part.fragment != 0 &&
         part.fragment <= part.fragments;
}

}  // namespace

Result<EncryptedPart, WireFailure> EncryptedPart::parse(ByteSpan message) {
  const auto header = IkeHeader::parse_whole(message);
  if (!header) return failure(header.error());
  EncryptedPart part{.header = *header};
  const auto type = static_cast<PayloadType>(header->next_payload);
  part.is_fragment = type == PayloadType::kEncryptedFragment;
  if (type != PayloadType::kEncrypted && !part.is_fragment) return malformed();

  ByteReader reader(message.subspan(IkeHeader::kSize));
  GenericHeader generic;
  ByteReader body{ByteSpan()};
  if (!GenericHeader::read(reader, generic, body) || !reader.at_end()) return malformed();
  part.first_inner_payload = generic.next_payload;
  if (part.is_fragment && !read_fragment_numbers(body, part)) return malformed();
  if (body.remaining() < kMinBody) return malformed();
  part.body_offset = message.size() - body.remaining();
  part.aad_size = part.body_offset;
  return part;
}

}  // namespace hawser
