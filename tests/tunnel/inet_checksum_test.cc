// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inet_checksum.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

std::uint16_t slow_checksum(ByteSpan bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

// The example of RFC 1071 section 3.
TEST(InetChecksum, Rfc1071Example) {
  const Bytes bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(fold_sum(add_to_sum(0, bytes)), 0xddf2);
  EXPECT_EQ(finish_checksum(add_to_sum(0, bytes)), 0x220d);
}

TEST(InetChecksum, AgreesWithTheSlowWayAtEverySize) {
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes bytes = pattern(size, static_cast<std::uint32_t>(size));
    EXPECT_EQ(finish_checksum(add_to_sum(0, bytes)), slow_checksum(bytes)) << size;
  }
  const Bytes ones(65535, 0xff);
  EXPECT_EQ(finish_checksum(add_to_sum(0, ones)), slow_checksum(ones));
}

TEST(InetChecksum, UpdateIsTheSameAsComputingAgain) {
  Bytes bytes = pattern(40, 5);
  for (unsigned i = 0; i < 1000; ++i) {
    const std::uint16_t before = finish_checksum(add_to_sum(0, bytes));
    const std::uint16_t from = load_be16(&bytes[10]);
    const auto to = static_cast<std::uint16_t>(i * 6553);
    store_be16(&bytes[10], to);
    EXPECT_EQ(update_checksum(before, from, to), finish_checksum(add_to_sum(0, bytes)));
  }
}

TEST(InetChecksum, PseudoHeader) {
  const Bytes packet = make_udp({}, pattern(33));
  const ChecksumSum sum = pseudo_header_sum(ByteSpan(packet).subspan(12, 8), 17, 41);
  EXPECT_EQ(finish_checksum(add_to_sum(sum, ByteSpan(packet).subspan(20))), 0);
}

}  // namespace
}  // namespace hawser
