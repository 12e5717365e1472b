// SPDX-License-Identifier: Apache-2.0
#include "tunnel/mss_clamp.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kSynAck = 0x12;

struct Case {
  FlowSpec flow;
  Bytes options;
  std::size_t mss_at;  // in the packet
};

class MssClamp : public testing::TestWithParam<Case> {};

TEST_P(MssClamp, LowersTheOptionAndKeepsTheChecksumRight) {
  const Case& one = GetParam();
  for (const std::uint8_t flags : {kSyn, kSynAck}) {
    Bytes packet = make_tcp(one.flow, {.flags = flags, .options = one.options}, {});
    const auto header = IpHeader::parse(packet);
    ASSERT_TRUE(header);
    const unsigned headers = header->is_v4() ? 40 : 60;
    EXPECT_TRUE(clamp_mss(packet, *header, 1400));
    EXPECT_EQ(load_be16(&packet[one.mss_at]), 1400 - headers);
    EXPECT_TRUE(checksums_are_right(packet));
    EXPECT_FALSE(clamp_mss(packet, *header, 1400)) << "once is enough";
    EXPECT_FALSE(clamp_mss(packet, *header, 9000)) << "never raised";
  }
}

INSTANTIATE_TEST_SUITE_P(Options, MssClamp,
                         testing::Values(Case{{}, {2, 4, 0x05, 0xb4}, 42},
                                         Case{{}, {1, 2, 4, 0x05, 0xb4, 0, 0, 0}, 43},
                                         Case{{}, {3, 3, 7, 2, 4, 0x23, 0x28, 0}, 45},
                                         Case{{.source = "fd01::1", .destination = "fd02::1"},
                                              {4, 2, 2, 4, 0x05, 0xb4, 1, 1},
                                              64}));

TEST(MssClampRefusals, LeavesEverythingElseAlone) {
  const Bytes mss = {2, 4, 0x05, 0xb4};
  const auto unchanged = [](Bytes packet) {
    const Bytes before = packet;
    const bool changed = clamp_mss(packet, *IpHeader::parse(packet), 1000);
    return !changed && packet == before;
  };
  EXPECT_TRUE(unchanged(make_tcp({}, {.flags = 0x10, .options = mss}, {}))) << "no SYN";
  EXPECT_TRUE(unchanged(make_tcp({}, {.flags = kSyn}, {}))) << "no option";
  EXPECT_TRUE(unchanged(make_tcp({}, {.flags = kSyn, .options = {0, 2, 4, 5}}, {}))) << "ended";
  EXPECT_TRUE(unchanged(make_tcp({}, {.flags = kSyn, .options = {2, 9, 5, 5}}, {}))) << "too long";
  EXPECT_TRUE(unchanged(make_tcp({}, {.flags = kSyn, .options = {3, 0, 5, 5}}, {}))) << "length 0";
  EXPECT_TRUE(unchanged(make_udp({}, pattern(40))));
  Bytes short_header = make_tcp({}, {.flags = kSyn, .options = mss}, {});
  short_header[32] = 0x10;  // a data offset of 4 octets
  EXPECT_TRUE(unchanged(short_header));
  Bytes fragment = make_tcp({}, {.flags = kSyn, .options = mss}, {});
  fragment[6] = 0x20;
  EXPECT_TRUE(unchanged(fragment));
}

}  // namespace
}  // namespace hawser
