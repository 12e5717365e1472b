// SPDX-License-Identifier: Apache-2.0
#include "tunnel/outbound_pipeline.h"

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"
#include "tests/tunnel/plane_pair.h"

namespace hawser {
namespace {

std::vector<Transmit> send(DataPlane& plane, std::vector<Bytes>& packets) {
  std::vector<InnerPacket> batch;
  for (Bytes& packet : packets) batch.push_back({packet, {}});
  plane.handle_inner_packets(batch, {});
  std::vector<Transmit> transmits;
  while (const auto transmit = plane.poll_transmit()) transmits.push_back(*transmit);
  return transmits;
}

TEST(OutboundPipeline, EqualSizesShareASendAndAShorterOneEndsIt) {
  PlanePair pair;
  std::vector<Bytes> packets;
  for (const std::size_t size : {172, 172, 172, 60, 172, 900, 900}) {
    packets.push_back(make_udp({}, pattern(size)));
  }
  const auto transmits = send(pair.left, packets);
  ASSERT_EQ(transmits.size(), 3u);
  EXPECT_EQ(transmits[0].segment_size, esp_sealed_size(200));
  EXPECT_EQ(transmits[0].bytes.size(), 3 * esp_sealed_size(200) + esp_sealed_size(88));
  EXPECT_EQ(transmits[1].bytes.size(), esp_sealed_size(200));
  EXPECT_EQ(transmits[2].bytes.size(), 2 * esp_sealed_size(928));
}

TEST(OutboundPipeline, ASendKeepsTheLimitsOfTheKernel) {
  PlanePair pair;
  std::vector<Bytes> small(200, make_udp({}, pattern(20)));
  std::size_t count = 0;
  for (const Transmit& transmit : send(pair.left, small)) {
    EXPECT_LE(transmit.bytes.size() / transmit.segment_size, Transmit::kMaxSegments);
    count += transmit.bytes.size() / transmit.segment_size;
  }
  EXPECT_EQ(count, 200u);
  std::vector<Bytes> large(20, make_udp({}, pattern(8900)));
  for (const Transmit& transmit : send(pair.left, large)) {
    EXPECT_LE(transmit.bytes.size(), Transmit::kMaxBytes);
  }
}

TEST(OutboundPipeline, MoreThanABatchIsACountedDrop) {
  PlanePair pair;
  std::vector<Bytes> packets(DataPlane::kMaxInnerBatchPackets + 3, make_udp({}, pattern(20)));
  send(pair.left, packets);
  EXPECT_EQ(PlanePair::drops(pair.left, DropReason::kOutboundFull), 3u);
  // A super-packet in tiny segments outgrows the arena: what fits is sent, the rest is counted.
  SuperPacket super = make_super_tcp({}, {}, pattern(65000), 1);
  const std::size_t sent = pair.seal(super.bytes, super.gso).size();
  EXPECT_GT(sent, 0u);
  EXPECT_LT(sent, 65000u);
  EXPECT_EQ(PlanePair::drops(pair.left, DropReason::kOutboundFull), 4u);
}

TEST(OutboundPipeline, EverySendHasOneAddressAndOneSpi) {
  PlanePair pair;
  SaPair other = test_sa_pair(1, 1, 1);
  pair.left.handle_command(InstallPeer{.peer = PeerId(2),
                                       .allowed_ips = prefixes({"10.3.0.0/16"}),
                                       .path = AddressPair{{}, transport("192.0.2.3:4500")}},
                           {});
  pair.left.handle_command(
      InstallOutboundSa{PeerId(2), other.left.spi_out, other.left.key_out.clone()}, {});
  SeededRandom random(3);
  std::vector<Bytes> packets;
  for (int i = 0; i < 100; ++i) {
    packets.push_back(
        make_udp({.destination = random.chance(0.5) ? "10.2.0.1" : "10.3.0.1"}, pattern(100)));
  }
  for (const Transmit& transmit : send(pair.left, packets)) {
    for (std::size_t at = 0; at < transmit.bytes.size(); at += transmit.segment_size) {
      const Spi spi(load_be32(&transmit.bytes[at]));
      const bool to_other = transmit.addresses.remote == transport("192.0.2.3:4500");
      EXPECT_EQ(spi == other.left.spi_out, to_other);
    }
  }
}

TEST(OutboundPipeline, SynIsClamped) {
  PlanePair pair;
  const Bytes syn = make_tcp({}, {.flags = 0x02, .options = {2, 4, 0x05, 0xb4}}, {});
  const auto inner = pair.open(pair.seal(syn));
  ASSERT_EQ(inner.size(), 1u);
  EXPECT_EQ(load_be16(&inner[0][42]), 1438 - 40);
  EXPECT_TRUE(checksums_are_right(inner[0]));
}

TEST(OutboundPipeline, PartialChecksumsAreCompleted) {
  PlanePair pair;
  SuperPacket one = make_super_udp({}, pattern(500), 500);
  one.gso.kind = GsoKind::kNone;
  const auto inner = pair.open(pair.seal(one.bytes, one.gso));
  ASSERT_EQ(inner.size(), 1u);
  EXPECT_TRUE(checksums_are_right(inner[0]));
}

}  // namespace
}  // namespace hawser
