// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inner_segmenter.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

std::vector<Bytes> cut(SuperPacket& super) {
  const auto header = IpHeader::parse(super.bytes);
  const auto segmenter = InnerSegmenter::make({super.bytes, super.gso}, *header);
  std::vector<Bytes> packets;
  if (!segmenter) return packets;
  for (std::size_t i = 0; i < segmenter->count(); ++i) {
    Bytes& packet = packets.emplace_back(segmenter->size_of(i) + 4, 0xee);
    segmenter->write(i, packet.data());
    EXPECT_EQ(Bytes(packet.end() - 4, packet.end()), Bytes(4, 0xee)) << "nothing behind it touched";
    packet.resize(packet.size() - 4);
  }
  return packets;
}

class SegmenterFamilies : public testing::TestWithParam<FlowSpec> {};

TEST_P(SegmenterFamilies, TcpIsWhatTheSenderWouldHaveSent) {
  const Bytes payload = pattern(5000);
  const std::uint8_t flags = 0x10 | 0x08 | 0x01 | 0x80;  // ACK PSH FIN CWR
  SuperPacket super = make_super_tcp(
      GetParam(), {.sequence = 0xfffffff0, .flags = flags, .options = {1, 1, 1, 0}}, payload, 1200);
  const std::vector<Bytes> packets = cut(super);
  ASSERT_EQ(packets.size(), 5u);
  for (unsigned i = 0; i < 5; ++i) {
    const ByteSpan part =
        ByteSpan(payload).subspan(i * 1200, std::min<std::size_t>(1200, 5000 - i * 1200));
    const auto expected_flags =
        static_cast<std::uint8_t>(0x10 | (i == 4 ? 0x09 : 0) | (i == 0 ? 0x80 : 0));
    EXPECT_EQ(packets[i], make_tcp(GetParam(),
                                   {.sequence = 0xfffffff0 + i * 1200,
                                    .flags = expected_flags,
                                    .options = {1, 1, 1, 0}},
                                   part, static_cast<std::uint16_t>(i)));
  }
}

TEST_P(SegmenterFamilies, UdpIsWhatTheSenderWouldHaveSent) {
  const Bytes payload = pattern(172 * 3 + 10, 2);
  SuperPacket super = make_super_udp(GetParam(), payload, 172);
  const std::vector<Bytes> packets = cut(super);
  ASSERT_EQ(packets.size(), 4u);
  for (unsigned i = 0; i < 4; ++i) {
    const ByteSpan part = ByteSpan(payload).subspan(i * 172, i == 3 ? 10 : 172);
    EXPECT_EQ(packets[i], make_udp(GetParam(), part, static_cast<std::uint16_t>(i)));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, SegmenterFamilies,
                         testing::Values(FlowSpec{}, FlowSpec{.source = "fd01::1",
                                                              .destination = "fd02::1",
                                                              .tos = 0x2e << 2}));

TEST(InnerSegmenter, OneExactSegment) {
  SuperPacket super = make_super_tcp({}, {}, pattern(1000), 1000);
  EXPECT_EQ(cut(super).size(), 1u);
  SuperPacket empty = make_super_tcp({}, {}, {}, 1000);
  EXPECT_EQ(cut(empty).size(), 1u);
}

TEST(InnerSegmenter, RefusesUnsoundSuperPackets) {
  SuperPacket no_size = make_super_tcp({}, {}, pattern(1000), 0);
  EXPECT_TRUE(cut(no_size).empty());
  SuperPacket wrong_kind = make_super_tcp({}, {}, pattern(1000), 100);
  wrong_kind.gso.kind = GsoKind::kUdp;
  EXPECT_TRUE(cut(wrong_kind).empty());
  SuperPacket bad_offset = make_super_tcp({}, {}, pattern(1000), 100);
  bad_offset.bytes[32] = 0x40;
  EXPECT_TRUE(cut(bad_offset).empty());
  SuperPacket fragment = make_super_tcp({}, {}, pattern(1000), 100);
  fragment.bytes[7] = 1;
  EXPECT_TRUE(cut(fragment).empty());
}

TEST(CompleteChecksum, FillsInAndMindsItsBounds) {
  SuperPacket partial = make_super_udp({}, pattern(99), 99);
  ASSERT_FALSE(checksums_are_right(partial.bytes));
  ASSERT_TRUE(complete_checksum(partial.bytes, partial.gso));
  EXPECT_TRUE(checksums_are_right(partial.bytes));
  Gso outside = partial.gso;
  outside.checksum_start = 0xffff;
  EXPECT_FALSE(complete_checksum(partial.bytes, outside));
  outside.checksum_start = static_cast<std::uint16_t>(partial.bytes.size() - 1);
  EXPECT_FALSE(complete_checksum(partial.bytes, outside));
}

}  // namespace
}  // namespace hawser
