// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_message.h"

#include <array>

namespace hawser {
namespace {

// RFC 7296 section 3.1; all other bits of the flags are ignored on receipt and sent as 0.
constexpr std::uint8_t kInitiatorFlag = 0x08;
constexpr std::uint8_t kResponseFlag = 0x20;

}  // namespace

Result<IkeHeader, WireFailure> IkeHeader::parse(ByteSpan message) {
  ByteReader reader(message);
  IkeHeader header;
  std::uint64_t spi_initiator = 0;
  std::uint64_t spi_responder = 0;
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  std::uint32_t message_id = 0;
  if (!reader.read_u64(spi_initiator) || !reader.read_u64(spi_responder) ||
      !reader.read_u8(header.next_payload) || !reader.read_u8(version) ||
      !reader.read_u8(header.exchange) || !reader.read_u8(flags) || !reader.read_u32(message_id) ||
      !reader.read_u32(header.length)) {
    return malformed();
  }
  header.spi_initiator = IkeSpi(spi_initiator);
  header.spi_responder = IkeSpi(spi_responder);
  header.major_version = version >> 4;
  header.minor_version = version & 0x0f;
  header.from_initiator = (flags & kInitiatorFlag) != 0;
  header.is_response = (flags & kResponseFlag) != 0;
  header.message_id = MessageId(message_id);
  return header;
}

void IkeHeader::serialize(ByteWriter& writer) const {
  writer.write_u64(spi_initiator.value());
  writer.write_u64(spi_responder.value());
  writer.write_u8(next_payload);
  writer.write_u8(static_cast<std::uint8_t>(major_version << 4 | minor_version));
  writer.write_u8(exchange);
  writer.write_u8(static_cast<std::uint8_t>((from_initiator ? kInitiatorFlag : 0) |
                                            (is_response ? kResponseFlag : 0)));
  writer.write_u32(message_id.value());
  writer.write_u32(length);
}

Result<IkeHeader, WireFailure> IkeHeader::parse_whole(ByteSpan message) {
  const auto header = parse(message);
  // RFC 7296 section 2.5: what another major version means, we cannot know.
  if (!header || header->major_version != 2) return malformed();
  if (header->length != message.size()) return malformed();
  return header;
}

Result<IkeMessage, WireFailure> IkeMessage::parse(ByteSpan bytes) {
  const auto header = IkeHeader::parse_whole(bytes);
  if (!header) return failure(header.error());
  auto payloads = parse_payloads(header->next_payload, bytes.subspan(IkeHeader::kSize));
  if (!payloads) return failure(payloads.error());
  return IkeMessage{*header, std::move(*payloads)};
}

std::vector<std::uint8_t> IkeMessage::serialize() const {
  const SerializedPayloads chain = serialize_payloads(payloads);
  std::vector<std::uint8_t> bytes(IkeHeader::kSize + chain.bytes.size());
  IkeHeader filled = header;
  filled.next_payload = chain.first;
  filled.length = static_cast<std::uint32_t>(bytes.size());
  ByteWriter writer(bytes);
  filled.serialize(writer);
  writer.write_bytes(chain.bytes);
  return bytes;
}

}  // namespace hawser
