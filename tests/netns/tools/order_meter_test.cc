// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/order_meter.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser::lab {
namespace {

OrderReport measure(const std::vector<std::uint16_t>& arrivals) {
  OrderMeter meter;
  for (const std::uint16_t id : arrivals) meter.take(id, 1);
  return meter.report();
}

// An IPv4 header of 20 octets and a TCP header of 32, and then nothing of the payload.
std::vector<std::uint8_t> packet_of(std::uint16_t id, std::uint16_t total) {
  std::vector<std::uint8_t> packet(52);
  packet[0] = 0x45;
  store_be16(&packet[2], total);
  store_be16(&packet[4], id);
  packet[6] = 0x40;  // don't fragment
  packet[9] = 6;
  store_be16(&packet[20], 40'000);
  store_be16(&packet[22], 5201);
  packet[32] = 0x80;
  return packet;
}

TEST(OrderMeter, OrderAndLossAreNoReordering) {
  const OrderReport report = measure({7, 8, 9, 12, 13, 20});
  EXPECT_EQ(report.packets, 6u);
  EXPECT_EQ(report.reordered, 0u);
  EXPECT_EQ(report.extent_max, 0u);
}

TEST(OrderMeter, CountsWhatCameBelowTheHighest) {
  // RFC 4737's own way of counting: 4 and 5 are late, by one and by two arrivals.
  const OrderReport report = measure({1, 2, 3, 6, 4, 5, 7});
  EXPECT_EQ(report.reordered, 2u);
  EXPECT_EQ(report.extent_max, 2u);
  EXPECT_DOUBLE_EQ(report.ratio(), 2.0 / 7);
}

TEST(OrderMeter, ExtentReachesBackToTheFirstThatWasSentLater) {
  EXPECT_EQ(measure({1, 3, 4, 5, 6, 2}).extent_max, 4u);
  EXPECT_EQ(measure({1, 5, 2, 6, 3}).extent_max, 3u);
}

TEST(OrderMeter, NumbersGoRound) {
  EXPECT_EQ(measure({65'534, 65'535, 0, 1}).reordered, 0u);
  const OrderReport late = measure({65'534, 0, 65'535, 1});
  EXPECT_EQ(late.reordered, 1u);
  EXPECT_EQ(late.extent_max, 1u);
  EXPECT_EQ(measure({10, 10 + 60'000, 10 + 60'001}).reordered, 2u) << "5,536 back is late";
  EXPECT_EQ(measure({10, 10 + 40'000, 10 + 40'001}).reordered, 0u) << "an outage";
}

TEST(OrderMeter, MergedPacketsCountAsMany) {
  OrderMeter meter;
  meter.take(100, 10);
  meter.take(120, 10);
  meter.take(110, 5);
  EXPECT_EQ(meter.report().packets, 25u);
  EXPECT_EQ(meter.report().reordered, 5u);
  EXPECT_EQ(meter.report().extent_max, 14u) << "from 120 to 114";
  meter.take(115, 5);
  meter.take(130, 1);
  EXPECT_EQ(meter.report().reordered, 10u);
}

TEST(FlowPacket, ReadsTheHeadersOfACutPacket) {
  const auto packet = packet_of(0x1234, 20 + 32 + 60'000);
  const auto seen = parse_flow_packet(packet, 5201);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->source_port, 40'000);
  EXPECT_EQ(seen->identification, 0x1234);
  EXPECT_EQ(seen->payload, 60'000u);
}

TEST(FlowPacket, TakesNothingElse) {
  const auto packet = packet_of(1, 152);
  EXPECT_FALSE(parse_flow_packet(packet, 5202));
  for (std::size_t size = 0; size < 40; ++size) {
    EXPECT_FALSE(parse_flow_packet(ByteSpan(packet).first(size), 5201)) << size;
  }
  auto other = packet;
  other[9] = 17;
  EXPECT_FALSE(parse_flow_packet(other, 5201));
  other = packet;
  other[7] = 1;
  EXPECT_FALSE(parse_flow_packet(other, 5201)) << "a fragment";
  other = packet;
  other[0] = 0x65;
  EXPECT_FALSE(parse_flow_packet(other, 5201));
}

}  // namespace
}  // namespace hawser::lab
