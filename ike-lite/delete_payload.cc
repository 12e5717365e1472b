// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/delete_payload.h"

#include "ike-lite/wire_limits.h"

namespace hawser {

Result<DeletePayload, WireFailure> parse_delete(ByteReader& body) {
  DeletePayload payload;
  std::uint8_t protocol = 0;
  std::uint8_t spi_size = 0;
  std::uint16_t count = 0;
  if (!body.read_u8(protocol) || !body.read_u8(spi_size) || !body.read_u16(count)) {
    return malformed();
  }
  payload.protocol = static_cast<SecurityProtocol>(protocol);
  if (payload.protocol == SecurityProtocol::kIke) {
    if (spi_size != 0 || count != 0 || !body.at_end()) return malformed();
    return payload;
  }
  const bool is_ipsec =
      payload.protocol == SecurityProtocol::kEsp || payload.protocol == SecurityProtocol::kAh;
  if (!is_ipsec || spi_size != 4 || count > kMaxDeletedSpis || body.remaining() != count * 4u) {
    return malformed();
  }
  for (std::uint32_t spi = 0; body.read_u32(spi);) payload.spis.emplace_back(spi);
  return payload;
}

void serialize(const DeletePayload& payload, OctetWriter& writer) {
  const bool is_ike = payload.protocol == SecurityProtocol::kIke;
  assert(!is_ike || payload.spis.empty());
  writer.write_u8(static_cast<std::uint8_t>(payload.protocol));
  writer.write_u8(is_ike ? 0 : 4);
  writer.write_count_u16(payload.spis.size());
  for (const Spi spi : payload.spis) writer.write_u32(spi.value());
}

}  // namespace hawser
