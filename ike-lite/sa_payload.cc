// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/sa_payload.h"

#include <algorithm>

#include "ike-lite/wire_limits.h"

namespace hawser {
namespace {

constexpr std::uint8_t kLast = 0;
constexpr std::uint8_t kMoreProposals = 2;
constexpr std::uint8_t kMoreTransforms = 3;
constexpr std::size_t kSubstructureHeader = 4;  // last, reserved, length
constexpr std::uint16_t kShortAttribute = 0x8000;
constexpr std::uint16_t kKeyLength = 14;

// RFC 7296 section 3.3: the first octets of a proposal and of a transform are alike.
bool read_substructure(ByteReader& reader, std::uint8_t more, bool& is_last, ByteReader& content) {
  std::uint8_t last = 0;
  std::uint16_t length = 0;
  if (!reader.read_u8(last) || !reader.skip(1) || !reader.read_u16(length)) return false;
  if (length < kSubstructureHeader) return false;
  if (!reader.read_sub(length - kSubstructureHeader, content)) return false;
  is_last = last == kLast;
  return is_last || last == more;
}

bool read_attributes(ByteReader& reader, Transform& transform) {
  for (std::size_t count = 0; !reader.at_end(); ++count) {
    std::uint16_t type = 0;
    std::uint16_t value_or_length = 0;
    if (count == kMaxAttributes) return false;
    if (!reader.read_u16(type) || !reader.read_u16(value_or_length)) return false;
    if (type == (kShortAttribute | kKeyLength)) {
      if (transform.key_bits) return false;
      transform.key_bits = value_or_length;
      continue;
    }
    // RFC 7296 section 3.3.6: an attribute that is not understood spoils its transform only. So
    // does a Key Length in the long form, which section 3.3.5 forbids.
    transform.has_unknown_attribute = true;
    if ((type & kShortAttribute) == 0 && !reader.skip(value_or_length)) return false;
  }
  return true;
}

bool read_transform(ByteReader& reader, bool& is_last, Transform& transform) {
  ByteReader content{ByteSpan()};
  return read_substructure(reader, kMoreTransforms, is_last, content) &&
         content.read_u8(transform.type) && content.skip(1) && content.read_u16(transform.id) &&
         read_attributes(content, transform);
}

// RFC 7296 section 3.3.1: 8 octets for a rekey of the IKE SA and none for its first negotiation, 4
// for ESP and AH. What other protocols have is theirs: such a proposal is never chosen.
bool is_sound_spi(SecurityProtocol protocol, ByteSpan spi) {
  switch (protocol) {
    case SecurityProtocol::kIke:
      return spi.empty() || (spi.size() == 8 && load_be64(spi.data()) != 0);
    case SecurityProtocol::kAh:
    case SecurityProtocol::kEsp:
      // RFC 4303 section 2.1: 0 is never on the wire, and up to 255 is reserved.
      return spi.size() == 4 && load_be32(spi.data()) > 255;
    case SecurityProtocol::kNone:
      return false;
  }
  return true;
}

bool read_proposal(ByteReader& reader, bool& is_last, Proposal& proposal) {
  ByteReader content{ByteSpan()};
  std::uint8_t protocol = 0;
  std::uint8_t spi_size = 0;
  std::uint8_t count = 0;
  ByteSpan spi;
  if (!read_substructure(reader, kMoreProposals, is_last, content)) return false;
  if (!content.read_u8(proposal.number) || !content.read_u8(protocol) ||
      !content.read_u8(spi_size) || !content.read_u8(count) || !content.read_bytes(spi_size, spi)) {
    return false;
  }
  proposal.protocol = static_cast<SecurityProtocol>(protocol);
  proposal.spi.assign(spi.begin(), spi.end());
  if (!is_sound_spi(proposal.protocol, spi)) return false;
  // Each protocol has mandatory transforms (RFC 7296 section 3.3.3), so none is an error.
  if (count == 0 || count > kMaxTransforms) return false;
  bool is_last_transform = false;
  for (unsigned i = 0; i < count; ++i) {
    Transform transform;
    if (is_last_transform || !read_transform(content, is_last_transform, transform)) return false;
    proposal.transforms.push_back(transform);
  }
  return is_last_transform && content.at_end();
}

void write_transform(const Transform& transform, bool is_last, OctetWriter& writer) {
  const std::size_t begin = writer.size();
  writer.write_u8(is_last ? kLast : kMoreTransforms);
  writer.write_u8(0);
  writer.write_u16(0);
  writer.write_u8(transform.type);
  writer.write_u8(0);
  writer.write_u16(transform.id);
  if (transform.key_bits) {
    writer.write_u16(kShortAttribute | kKeyLength);
    writer.write_u16(*transform.key_bits);
  }
  writer.patch_length_u16(begin + 2, begin);
}

}  // namespace

Result<SaPayload, WireFailure> parse_sa(ByteReader& body) {
  SaPayload payload;
  bool is_last = false;
  while (!is_last) {
    Proposal proposal;
    if (payload.proposals.size() == kMaxProposals) return malformed();
    if (!read_proposal(body, is_last, proposal) || proposal.number == 0) return malformed();
    payload.proposals.push_back(std::move(proposal));
  }
  if (!body.at_end()) return malformed();
  // RFC 7296 section 3.3.1: 1, 2, 3 ... in an offer.
  for (std::size_t i = 0; payload.proposals.size() > 1 && i < payload.proposals.size(); ++i) {
    if (payload.proposals[i].number != i + 1) return malformed();
  }
  return payload;
}

void serialize(const SaPayload& payload, OctetWriter& writer) {
  for (const Proposal& proposal : payload.proposals) {
    const std::size_t begin = writer.size();
    writer.write_u8(&proposal == &payload.proposals.back() ? kLast : kMoreProposals);
    writer.write_u8(0);
    writer.write_u16(0);
    writer.write_u8(proposal.number);
    writer.write_u8(static_cast<std::uint8_t>(proposal.protocol));
    writer.write_count_u8(proposal.spi.size());
    writer.write_count_u8(proposal.transforms.size());
    writer.write_bytes(proposal.spi);
    for (const Transform& transform : proposal.transforms) {
      write_transform(transform, &transform == &proposal.transforms.back(), writer);
    }
    writer.patch_length_u16(begin + 2, begin);
  }
}

}  // namespace hawser
