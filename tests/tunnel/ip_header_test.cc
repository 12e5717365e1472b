// SPDX-License-Identifier: Apache-2.0
#include "tunnel/ip_header.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

TEST(IpHeader, ParsesV4) {
  const Bytes packet = make_udp({}, pattern(10));
  const auto header = IpHeader::parse(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source.to_string(), "10.1.0.1");
  EXPECT_EQ(header->destination.to_string(), "10.2.0.1");
  EXPECT_EQ(header->header_size, 20);
  EXPECT_EQ(header->total_size, 38);
  EXPECT_EQ(header->protocol, 17);
  EXPECT_FALSE(header->is_fragment);
}

TEST(IpHeader, ParsesV6) {
  const Bytes packet = make_udp({.source = "fd01::1", .destination = "fd02::1"}, pattern(10));
  const auto header = IpHeader::parse(packet);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source.to_string(), "fd01::1");
  EXPECT_EQ(header->header_size, 40);
  EXPECT_EQ(header->total_size, 58);
}

TEST(IpHeader, RefusesEveryTruncationAndBadLengths) {
  for (const FlowSpec& flow :
       {FlowSpec{}, FlowSpec{.source = "fd01::1", .destination = "fd02::1"}}) {
    const Bytes packet = make_udp(flow, pattern(10));
    for (std::size_t size = 0; size < packet.size(); ++size) {
      EXPECT_FALSE(IpHeader::parse(ByteSpan(packet).first(size))) << size;
    }
  }
  Bytes packet = make_udp({}, pattern(10));
  packet[0] = 0x44;  // header of 16 octets
  EXPECT_FALSE(IpHeader::parse(packet));
  packet[0] = 0x4f;  // header longer than the packet
  EXPECT_FALSE(IpHeader::parse(packet));
  packet[0] = 0x55;
  EXPECT_FALSE(IpHeader::parse(packet));
}

TEST(IpHeader, TotalLengthMayBeShorterThanThePacket) {
  Bytes packet = make_udp({}, pattern(10));
  packet.resize(packet.size() + 7);
  ASSERT_TRUE(IpHeader::parse(packet));
  EXPECT_EQ(IpHeader::parse(packet)->total_size, 38);
}

TEST(FlowHash, SameFlowSameHash) {
  const auto hash = [](const FlowSpec& flow, std::size_t size) {
    const Bytes packet = make_udp(flow, pattern(size));
    return flow_hash(packet, *IpHeader::parse(packet));
  };
  EXPECT_EQ(hash({}, 10), hash({}, 500));
  EXPECT_NE(hash({}, 10), hash({.source_port = 1001}, 10));
  EXPECT_NE(hash({}, 10), hash({.destination = "10.2.0.2"}, 10));
}

}  // namespace
}  // namespace hawser
