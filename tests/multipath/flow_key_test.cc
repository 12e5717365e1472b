// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_key.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

// UDP 5060 to 16384, DSCP 46.
const Octets kV4Udp = {0x45, 0xb8, 0, 32, 0,    0,    0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1,
                       10,   0,    0, 2,  0x13, 0xc4, 0x40, 0, 0,  12, 0, 0, 1,  2, 3, 4};

Octets v6_packet(std::uint8_t next_header) {
  Octets packet(44);
  packet[0] = 0x68;  // traffic class 0x8a: DSCP 34 (AF41), ECN 2
  packet[1] = 0xa0;
  packet[5] = 4;
  packet[6] = next_header;
  store_be16(&packet[40], 443);
  store_be16(&packet[42], 50000);
  return packet;
}

TEST(FlowKey, ReadsIpv4) {
  const FlowInfo flow = read_flow(kV4Udp, 77);
  EXPECT_EQ(flow.hash, 77u);
  EXPECT_EQ(flow.dscp, 46);
  EXPECT_EQ(flow.protocol, 17);
  ASSERT_TRUE(flow.has_ports);
  EXPECT_EQ(flow.source_port, 5060);
  EXPECT_EQ(flow.destination_port, 16384);
  EXPECT_EQ(flow.size, kV4Udp.size());
  EXPECT_EQ(flow.last_size, kV4Udp.size());
}

TEST(FlowKey, LooksBehindIpv4Options) {
  Octets packet = kV4Udp;
  packet[0] = 0x46;
  packet.insert(packet.begin() + 20, {1, 1, 1, 1});
  EXPECT_EQ(read_flow(packet, 0).source_port, 5060);
}

TEST(FlowKey, FragmentsHaveNoPorts) {
  Octets packet = kV4Udp;
  packet[6] = 0x20;  // more fragments
  EXPECT_FALSE(read_flow(packet, 0).has_ports);
  packet[6] = 0;
  packet[7] = 1;  // a later one
  EXPECT_FALSE(read_flow(packet, 0).has_ports);
  EXPECT_FALSE(read_flow(v6_packet(44), 0).has_ports);
}

TEST(FlowKey, ReadsIpv6) {
  const FlowInfo flow = read_flow(v6_packet(6), 0);
  EXPECT_EQ(flow.dscp, 34);
  EXPECT_EQ(flow.protocol, 6);
  ASSERT_TRUE(flow.has_ports);
  EXPECT_EQ(flow.source_port, 443);
  EXPECT_EQ(flow.destination_port, 50000);
}

TEST(FlowKey, IcmpHasNoPorts) {
  EXPECT_EQ(read_flow(v6_packet(58), 0).protocol, 58);
  EXPECT_FALSE(read_flow(v6_packet(58), 0).has_ports);
}

TEST(FlowKey, TakesWhatIsThereOfWhatIsCutShort) {
  for (const Octets& packet : {kV4Udp, v6_packet(6)}) {
    const std::size_t ip_header = (packet[0] >> 4) == 4 ? 20 : 40;
    for (std::size_t size = 0; size < packet.size(); ++size) {
      const Octets cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      const FlowInfo flow = read_flow(cut, 0);
      EXPECT_EQ(flow.has_ports, size >= ip_header + 4) << size;
      EXPECT_EQ(flow.protocol != 0, size >= ip_header) << size;
    }
  }
  EXPECT_EQ(read_flow(Octets(60, 0x25), 0).protocol, 0) << "version 2";
}

}  // namespace
}  // namespace hawser
