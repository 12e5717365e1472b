// SPDX-License-Identifier: Apache-2.0
// Between Hawsers that could have several paths, and have one.
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "tests/support/inner_packets.h"
#include "tests/tunnel/bonded_plane_pair.h"

namespace hawser {
namespace {

class BondedPlane : public testing::Test {
 protected:
  static constexpr std::string_view kLeft = "192.0.2.1:4500";

  // What left's SA makes of a payload.
  static Bytes seal(const Bytes& payload, std::uint8_t next_header) {
    static std::uint64_t next = 1;
    const SaPair sas = test_sa_pair(0, 1, 1);
    auto sa = OutboundSa::make({.spi = sas.left.spi_out, .first = SequenceNumber(next++)},
                               sas.left.key_out.clone());
    Bytes packet(esp_sealed_size(payload.size()));
    std::ranges::copy(payload, packet.begin() + kEspHeadroom);
    AeadPacket job;
    EXPECT_TRUE((*sa)->prepare(packet.data(), payload.size(), next_header, job));
    (*sa)->seal({&job, 1});
    return packet;
  }

  // At right's TUN device.
  std::vector<Bytes> open(Bytes datagram, std::string_view from) {
    OuterPacket packet{{{}, transport(from)}, datagram, Ecn::kNotEct};
    pair_.right.handle_outer_packets({&packet, 1}, {});
    return drain_inner(pair_.right);
  }
  // Where right sends something.
  std::vector<TransportAddress> sent_to() {
    std::vector<TransportAddress> to;
    while (const auto transmit = pair_.right.poll_transmit()) {
      to.push_back(transmit->addresses.remote);
    }
    return to;
  }
  void SetUp() override { sent_to(); }

  BondedPlanePair pair_;
};

TEST_F(BondedPlane, APathAloneCarriesWhatEspAloneMakesOfAPacket) {
  Bytes packet = make_udp({}, pattern(100));
  const Bytes sent = packet;
  InnerPacket inner{packet, {}};
  drain_datagrams(pair_.left);
  pair_.left.handle_inner_packets({&inner, 1}, {});
  const std::vector<Bytes> datagrams = drain_datagrams(pair_.left);
  ASSERT_GE(datagrams.size(), 1u);
  EXPECT_EQ(datagrams[0].size(), esp_sealed_size(sent.size()));
  EXPECT_EQ(open(datagrams[0], kLeft), std::vector<Bytes>{sent});
  EXPECT_EQ(sent_to(), std::vector<TransportAddress>{});
}

TEST_F(BondedPlane, WhereAPacketWithoutTheShimComesFromIsAskedThere) {
  const Bytes packet = make_udp({}, pattern(100));
  constexpr std::string_view kElsewhere = "198.51.100.9:1024";
  EXPECT_EQ(open(seal(packet, kNextHeaderIpv4), kElsewhere), std::vector<Bytes>{packet});
  EXPECT_EQ(sent_to(), std::vector<TransportAddress>{transport(kElsewhere)});
}

TEST_F(BondedPlane, WhatIsNeitherAPacketNorAFrameMovesNothing) {
  const Bytes packet = make_udp({}, pattern(100));
  EXPECT_EQ(open(seal(packet, 17), "198.51.100.9:1024"), std::vector<Bytes>{});
  EXPECT_EQ(pair_.right.snapshot().drops.value(DropReason::kBadNextHeader), 1u);
  EXPECT_EQ(open(seal(packet, kNextHeaderShim), "198.51.100.9:1024"), std::vector<Bytes>{});
  EXPECT_EQ(pair_.right.snapshot().drops.value(DropReason::kMalformedFrame), 1u);
  EXPECT_EQ(sent_to(), std::vector<TransportAddress>{});
}

}  // namespace
}  // namespace hawser
