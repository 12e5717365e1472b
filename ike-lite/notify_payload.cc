// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/notify_payload.h"

namespace hawser {
namespace {

bool is_sound_spi_size(SecurityProtocol protocol, std::size_t size) {
  switch (protocol) {
    case SecurityProtocol::kIke:
      return size == 0 || size == 8;
    case SecurityProtocol::kAh:
    case SecurityProtocol::kEsp:
      return size == 0 || size == 4;
    case SecurityProtocol::kNone:
      break;
  }
  return size == 0;
}

}  // namespace

Result<NotifyPayload, WireFailure> parse_notify(ByteReader& body) {
  NotifyPayload payload;
  std::uint8_t protocol = 0;
  std::uint8_t spi_size = 0;
  ByteSpan spi;
  ByteSpan data;
  if (!body.read_u8(protocol) || !body.read_u8(spi_size) || !body.read_u16(payload.type) ||
      !body.read_bytes(spi_size, spi) || !body.read_bytes(body.remaining(), data)) {
    return malformed();
  }
  if (!is_sound_spi_size(static_cast<SecurityProtocol>(protocol), spi_size)) return malformed();
  // RFC 7296 section 3.10: ignored on receipt if there is no SPI.
  if (spi_size != 0) payload.protocol = static_cast<SecurityProtocol>(protocol);
  payload.spi.assign(spi.begin(), spi.end());
  payload.data.assign(data.begin(), data.end());
  return payload;
}

void serialize(const NotifyPayload& payload, OctetWriter& writer) {
  writer.write_u8(payload.spi.empty() ? 0 : static_cast<std::uint8_t>(payload.protocol));
  writer.write_count_u8(payload.spi.size());
  writer.write_u16(payload.type);
  writer.write_bytes(payload.spi);
  writer.write_bytes(payload.data);
}

}  // namespace hawser
