// SPDX-License-Identifier: Apache-2.0
#include "multipath/ecn_mark.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

std::uint16_t header_sum(ByteSpan packet) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load_be16(&packet[i]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::vector<std::uint8_t> ipv4(std::uint8_t tos, std::uint16_t identification) {
  std::vector<std::uint8_t> packet(40);
  packet[0] = 0x45;
  packet[1] = tos;
  packet[3] = 40;
  store_be16(&packet[4], identification);
  packet[8] = 64;
  packet[9] = 6;
  store_be32(&packet[12], 0x0a000001);
  store_be32(&packet[16], 0x0a000002);
  store_be16(&packet[10], static_cast<std::uint16_t>(~header_sum(packet)));
  return packet;
}

TEST(EcnMark, OfIpv4KeepsTheChecksumRightWhateverElseIsInTheHeader) {
  for (std::uint32_t identification = 0; identification < 0x10000; ++identification) {
    for (const unsigned tos : {0x01, 0x02, 0xb9, 0xff}) {
      std::vector<std::uint8_t> packet =
          ipv4(static_cast<std::uint8_t>(tos), static_cast<std::uint16_t>(identification));
      ASSERT_TRUE(is_ecn_capable(packet));
      mark_congestion(packet);
      ASSERT_EQ(packet[1], tos | 0x03);
      ASSERT_EQ(header_sum(packet), 0xffff) << identification;
    }
  }
}

TEST(EcnMark, OfIpv6TouchesTwoBits) {
  std::vector<std::uint8_t> packet(48, 0xa5);
  packet[0] = 0x6b;
  packet[1] = 0x6c;  // traffic class 0xb6: ECT(0)
  std::vector<std::uint8_t> expected = packet;
  expected[1] = 0x7c;
  ASSERT_TRUE(is_ecn_capable(packet));
  mark_congestion(packet);
  EXPECT_EQ(packet, expected);
}

TEST(EcnMark, WhatIsNotCapableStaysAsItIs) {
  std::vector<std::uint8_t> other = ipv4(0xb8, 7);
  std::vector<std::uint8_t> v6(48);
  v6[0] = 0x6b;
  v6[1] = 0x8c;
  std::vector<std::uint8_t> cut(19, 0x45);
  for (std::vector<std::uint8_t>* packet : {&other, &v6, &cut}) {
    const std::vector<std::uint8_t> before = *packet;
    EXPECT_FALSE(is_ecn_capable(*packet));
    mark_congestion(*packet);
    EXPECT_EQ(*packet, before);
  }
  EXPECT_FALSE(is_ecn_capable({}));
}

}  // namespace
}  // namespace hawser
