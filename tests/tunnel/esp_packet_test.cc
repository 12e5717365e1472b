// SPDX-License-Identifier: Apache-2.0
#include "tunnel/esp_packet.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

TEST(EspPacket, SizesKeepTheTrailerAligned) {
  for (std::size_t inner = 0; inner < 100; ++inner) {
    EXPECT_EQ((inner + esp_pad_size(inner) + 2) % 4, 0u);
    EXPECT_LE(esp_sealed_size(inner), kEspHeadroom + inner + kEspTailroom);
    EXPECT_GE(esp_max_inner_size(esp_sealed_size(inner)), inner);
    EXPECT_LE(esp_sealed_size(esp_max_inner_size(esp_sealed_size(inner))), esp_sealed_size(inner));
  }
  EXPECT_EQ(esp_sealed_size(1438), 1472u);
  EXPECT_EQ(esp_inner_mtu(9000, true), 8938u);
}

TEST(EspHeader, RoundTripAndOctets) {
  Bytes packet(kEspMinSize);
  EspHeader{Spi(0x01020304), 0x05060708, 0x1112131415161718}.serialize(packet.data());
  EXPECT_EQ(Bytes(packet.begin(), packet.begin() + 16),
            (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}));
  const auto header = EspHeader::parse(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->spi, Spi(0x01020304));
  EXPECT_EQ(header->sequence_low, 0x05060708u);
  EXPECT_EQ(header->iv, 0x1112131415161718u);
}

TEST(EspHeader, RefusesEveryTruncation) {
  const Bytes packet(kEspMinSize + 8);
  for (std::size_t size = 0; size < packet.size(); ++size) {
    const bool sound = size >= kEspMinSize && (size - kEspMinSize) % 4 == 0;
    EXPECT_EQ(EspHeader::parse(ByteSpan(packet).first(size)).has_value(), sound) << size;
  }
}

TEST(EspTrailer, PaddingCountsUp) {
  Bytes inner = {0x45, 0, 0};
  inner.resize(16, 0xee);
  write_esp_trailer(inner.data(), 3, kNextHeaderIpv4);
  EXPECT_EQ(Bytes(inner.begin() + 3, inner.begin() + 8), (Bytes{1, 2, 3, 3, 4}));
  EXPECT_EQ(inner[8], 0xee) << "nothing behind it is touched";
}

TEST(EspTrailer, ParseChecksThePadding) {
  const Bytes sound = {9, 9, 1, 2, 2, 4};
  const auto payload = EspPayload::parse(sound);
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->size, 2u);
  EXPECT_EQ(payload->next_header, 4);
  EXPECT_EQ(EspPayload::parse(Bytes{9, 9, 1, 3, 2, 4}).error(), DropReason::kBadPadding);
  EXPECT_EQ(EspPayload::parse(Bytes{9, 9, 1, 2, 5, 4}).error(), DropReason::kBadPadding);
  EXPECT_EQ(EspPayload::parse(Bytes{4}).error(), DropReason::kRunt);
  const auto empty = EspPayload::parse(Bytes{0, 59});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->size, 0u);
}

// RFC 4106 sections 4 and 5, RFC 4303 section 2.2.1.
TEST(AeadInputs, NonceAndAad) {
  AeadPacket packet;
  const Bytes salt = {0xa, 0xb, 0xc, 0xd};
  const EspHeader header{Spi(0x01000002), 7, 0x0000000300000007};
  fill_aead_inputs(packet, salt, header, SequenceNumber(0x0000000300000007), true);
  EXPECT_EQ(Bytes(packet.nonce.begin(), packet.nonce.end()),
            (Bytes{0xa, 0xb, 0xc, 0xd, 0, 0, 0, 3, 0, 0, 0, 7}));
  EXPECT_EQ(Bytes(packet.aad.begin(), packet.aad.end()),
            (Bytes{1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 7}));
  EXPECT_EQ(packet.aad_size, 12);
  fill_aead_inputs(packet, salt, header, SequenceNumber(7), false);
  EXPECT_EQ(packet.aad_size, 8);
  EXPECT_EQ(Bytes(packet.aad.begin(), packet.aad.begin() + 8), (Bytes{1, 0, 0, 2, 0, 0, 0, 7}));
}

}  // namespace
}  // namespace hawser
