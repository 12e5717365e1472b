// SPDX-License-Identifier: Apache-2.0
#include "tunnel/esp_packet.h"

#include <cstring>

namespace hawser {

Result<EspHeader, DropReason> EspHeader::parse(ByteSpan packet) {
  if (packet.size() < kEspMinSize || (packet.size() - kEspHeadroom - kAeadIcvSize) % 4 != 0) {
    return failure(DropReason::kRunt);
  }
  EspHeader header;
  header.spi = Spi(load_be32(packet.data()));
  header.sequence_low = load_be32(packet.data() + 4);
  header.iv = load_be64(packet.data() + 8);
  return header;
}

void EspHeader::serialize(std::uint8_t* packet) const {
  store_be32(packet, spi.value());
  store_be32(packet + 4, sequence_low);
  store_be64(packet + 8, iv);
}

void write_esp_trailer(std::uint8_t* inner, std::size_t inner_size, std::uint8_t next_header) {
  const std::size_t pad = esp_pad_size(inner_size);
  std::uint8_t* at = inner + inner_size;
  for (std::size_t i = 1; i <= pad; ++i) *at++ = static_cast<std::uint8_t>(i);
  *at++ = static_cast<std::uint8_t>(pad);
  *at = next_header;
}

Result<EspPayload, DropReason> EspPayload::parse(ByteSpan clear) {
  if (clear.size() < kEspTrailerSize) return failure(DropReason::kRunt);
  const std::size_t pad = clear[clear.size() - 2];
  if (pad + kEspTrailerSize > clear.size()) return failure(DropReason::kBadPadding);
  EspPayload payload;
  payload.size = clear.size() - kEspTrailerSize - pad;
  payload.next_header = clear.back();
  // RFC 4303 section 2.4: the receiver should inspect the padding 1, 2, 3 ...
  for (std::size_t i = 0; i < pad; ++i) {
    if (clear[payload.size + i] != i + 1) return failure(DropReason::kBadPadding);
  }
  return payload;
}

void fill_aead_inputs(AeadPacket& packet, ByteSpan salt, const EspHeader& header,
                      SequenceNumber sequence, bool esn) {
  std::memcpy(packet.nonce.data(), salt.data(), kAeadSaltSize);
  store_be64(packet.nonce.data() + kAeadSaltSize, header.iv);
  store_be32(packet.aad.data(), header.spi.value());
  if (esn) {
    // The high half is authenticated but not sent (RFC 4303 section 2.2.1).
    store_be64(packet.aad.data() + 4, sequence.value());
    packet.aad_size = 12;
  } else {
    store_be32(packet.aad.data() + 4, header.sequence_low);
    packet.aad_size = 8;
  }
}

}  // namespace hawser
