// SPDX-License-Identifier: Apache-2.0
#include "tunnel/data_plane.h"

#include <gtest/gtest.h>

#include "tests/tunnel/plane_pair.h"

namespace hawser {
namespace {

const FlowSpec kV6{.source = "fd01::1", .destination = "fd02::1"};

TEST(DataPlane, CarriesBothFamilies) {
  PlanePair pair;
  for (const Bytes& packet : {make_udp({}, pattern(100)), make_udp(kV6, pattern(1000)),
                              make_tcp({}, {}, pattern(9)), make_icmp({}, pattern(56))}) {
    EXPECT_EQ(pair.open(pair.seal(packet)), std::vector<Bytes>{packet});
  }
}

TEST(DataPlane, SuperPacketsGoThroughAsTheirSegments) {
  PlanePair pair;
  SuperPacket super = make_super_tcp({}, {.flags = 0x18}, pattern(60000), 1398);
  const std::vector<Bytes> datagrams = pair.seal(super.bytes, super.gso);
  EXPECT_EQ(datagrams.size(), 43u);
  for (const Bytes& datagram : datagrams) EXPECT_LE(datagram.size(), 1472u);
  const std::vector<Bytes> inner = pair.open(datagrams);
  ASSERT_EQ(inner.size(), 43u);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    EXPECT_TRUE(checksums_are_right(inner[i])) << i;
    const std::size_t size = std::min<std::size_t>(1398, 60000 - i * 1398);
    EXPECT_EQ(inner[i], make_tcp({},
                                 {.sequence = static_cast<std::uint32_t>(1 + i * 1398),
                                  .flags = static_cast<std::uint8_t>(i == 42 ? 0x18 : 0x10)},
                                 ByteSpan(pattern(60000)).subspan(i * 1398, size),
                                 static_cast<std::uint16_t>(i)));
  }
  EXPECT_EQ(pair.right.snapshot().inner_writes, 1u) << "merged into one write";
  EXPECT_EQ(pair.left.snapshot().transmits, 1u) << "one send";
}

// One table: what arrives and the reason under which it is dropped.
TEST(DataPlane, EveryHostilePacketHasItsReason) {
  struct Row {
    const char* name;
    Bytes datagram;
    DropReason reason;
  };
  PlanePair pair;
  const Bytes sound = pair.seal(make_udp({}, pattern(40)))[0];
  const auto changed = [&sound](std::size_t at, std::uint8_t mask) {
    Bytes copy = sound;
    copy[at] ^= mask;
    return copy;
  };
  Bytes zero_sequence = sound;
  for (std::size_t i = 4; i < 8; ++i) zero_sequence[i] = 0;
  const std::vector<Row> rows = {
      {"two octets", {1, 2}, DropReason::kRunt},
      {"one octet that is no keepalive", {0xfe}, DropReason::kRunt},
      {"empty", {}, DropReason::kRunt},
      {"SPI alone", {1, 0, 0, 0x22}, DropReason::kRunt},
      {"header alone", {sound.begin(), sound.begin() + 16}, DropReason::kRunt},
      {"one octet short", {sound.begin(), sound.end() - 1}, DropReason::kRunt},
      {"four octets short", {sound.begin(), sound.end() - 4}, DropReason::kIcvFailed},
      {"IKE", Bytes(40, 0), DropReason::kControlPacket},
      {"other owner", changed(0, 0x40), DropReason::kUnknownSpi},
      {"other slot", changed(2, 1), DropReason::kUnknownSpi},
      {"other random", changed(3, 1), DropReason::kUnknownSpi},
      {"other sequence", changed(7, 8), DropReason::kIcvFailed},
      {"other IV", changed(15, 1), DropReason::kIcvFailed},
      {"other body", changed(30, 1), DropReason::kIcvFailed},
      {"other ICV", changed(sound.size() - 1, 1), DropReason::kIcvFailed},
  };
  for (const Row& row : rows) {
    const std::uint64_t before = PlanePair::drops(pair.right, row.reason);
    EXPECT_TRUE(pair.open({row.datagram}).empty()) << row.name;
    EXPECT_EQ(PlanePair::drops(pair.right, row.reason), before + 1) << row.name;
  }
  EXPECT_TRUE(pair.open({{0xff}}).empty()) << "a keepalive";
  EXPECT_EQ(PlanePair::drops(pair.right, DropReason::kKeepalive), 1u);
  EXPECT_EQ(pair.open({sound}).size(), 1u) << "and nothing has changed for the sound one";
  EXPECT_TRUE(pair.open({sound}).empty());
  EXPECT_EQ(PlanePair::drops(pair.right, DropReason::kReplayed), 1u);
}

TEST(DataPlane, ZeroSequenceIsNeverValid) {
  PlanePair pair(false);
  Bytes datagram = pair.seal(make_udp({}, pattern(40)))[0];
  store_be32(&datagram[4], 0);
  EXPECT_TRUE(pair.open({datagram}).empty());
  EXPECT_EQ(PlanePair::drops(pair.right, DropReason::kZeroSequence), 1u);
}

// What only an authenticated but wrong peer can send: sealed by hand with the right key.
class WrongPeer : public testing::Test {
 protected:
  DropReason drop_of(const Bytes& inner, std::uint8_t next_header) {
    const DropCounters before = pair_.right.snapshot().drops;
    SaPair sas = test_sa_pair(0, 1, 1);
    auto sa = OutboundSa::make({.spi = sas.left.spi_out, .first = SequenceNumber(next_++)},
                               sas.left.key_out.clone());
    Bytes packet(esp_sealed_size(inner.size()));
    std::copy(inner.begin(), inner.end(), packet.begin() + kEspHeadroom);
    AeadPacket job;
    EXPECT_TRUE((*sa)->prepare(packet.data(), inner.size(), next_header, job));
    if (spoil_padding_) packet[packet.size() - kAeadIcvSize - 3] ^= 1;
    (*sa)->seal({&job, 1});
    delivered_ = pair_.open({packet});
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      const auto reason = static_cast<DropReason>(i);
      if (pair_.right.snapshot().drops.value(reason) > before.value(reason)) return reason;
    }
    return DropReason::kCount;
  }

  PlanePair pair_;
  std::uint64_t next_ = 1;
  bool spoil_padding_ = false;
  std::vector<Bytes> delivered_;
};

TEST_F(WrongPeer, InnerPacketsAreChecked) {
  using enum DropReason;
  EXPECT_EQ(drop_of(make_udp({}, pattern(5)), kNextHeaderIpv4), kCount) << "sound";
  EXPECT_EQ(drop_of(make_udp({.source = "10.3.0.1"}, pattern(5)), kNextHeaderIpv4),
            kSelectorMismatch);
  EXPECT_EQ(drop_of(make_udp({.source = "fd09::1", .destination = "fd02::1"}, pattern(5)),
                    kNextHeaderIpv6),
            kSelectorMismatch);
  EXPECT_EQ(drop_of(make_udp({.destination = "224.0.0.1"}, pattern(5)), kNextHeaderIpv4),
            kInnerScope);
  EXPECT_EQ(drop_of(make_udp({.source = "169.254.0.1"}, pattern(5)), kNextHeaderIpv4), kInnerScope);
  EXPECT_EQ(drop_of(make_udp({}, pattern(5)), kNextHeaderIpv6), kMalformedInner);
  EXPECT_EQ(drop_of(make_udp({}, pattern(5)), 17), kBadNextHeader);
  EXPECT_EQ(drop_of(Bytes(64), kNextHeaderDummy), kDummy);
  EXPECT_EQ(drop_of({}, kNextHeaderDummy), kDummy);
  EXPECT_EQ(drop_of({}, kNextHeaderIpv4), kMalformedInner);
  EXPECT_EQ(drop_of(pattern(19), kNextHeaderIpv4), kMalformedInner);
  Bytes too_long = make_udp({}, pattern(5));
  store_be16(&too_long[2], 200);
  EXPECT_EQ(drop_of(too_long, kNextHeaderIpv4), kMalformedInner);
  spoil_padding_ = true;
  EXPECT_EQ(drop_of(make_udp({}, pattern(5)), kNextHeaderIpv4), kBadPadding);
}

TEST_F(WrongPeer, TrafficFlowPaddingIsTrimmed) {
  const Bytes packet = make_udp({}, pattern(5));
  Bytes padded = packet;
  padded.resize(packet.size() + 77);
  EXPECT_EQ(drop_of(padded, kNextHeaderIpv4), DropReason::kCount);
  EXPECT_EQ(delivered_, std::vector<Bytes>{packet});
}

TEST(DataPlane, OutboundDropsHaveTheirReason) {
  PlanePair pair;
  const auto reason_of = [&pair](Bytes packet, DropReason reason) {
    const std::uint64_t before = PlanePair::drops(pair.left, reason);
    EXPECT_TRUE(pair.seal(std::move(packet)).empty());
    return PlanePair::drops(pair.left, reason) == before + 1;
  };
  EXPECT_TRUE(reason_of({}, DropReason::kMalformedOutbound));
  EXPECT_TRUE(reason_of(pattern(60), DropReason::kMalformedOutbound));
  EXPECT_TRUE(reason_of(make_udp({.destination = "10.9.0.1"}, {}), DropReason::kNoPeer));
  EXPECT_TRUE(reason_of(make_udp({.destination = "224.0.0.5"}, {}), DropReason::kOutboundScope));
  pair.left.handle_command(RemoveOutboundSa{PeerId(1), test_sa_pair(0, 1, 1).left.spi_out}, {});
  EXPECT_TRUE(reason_of(make_udp({}, {}), DropReason::kNoOutboundSa));
  pair.left.handle_command(RemovePeer{PeerId(1)}, {});
  EXPECT_TRUE(reason_of(make_udp({}, {}), DropReason::kNoPeer));
  EXPECT_TRUE(pair.left.snapshot().inbound.empty()) << "its SAs went with it";
}

TEST(DataPlane, KeepaliveComesDueOnlyInSilence) {
  PlanePair pair;
  EXPECT_EQ(pair.left.next_timeout(), std::nullopt);
  pair.left.handle_command(
      InstallPeer{
          .peer = PeerId(1), .allowed_ips = prefixes({"10.2.0.0/16"}), .keepalive = Seconds(20)},
      TimePoint(Seconds(5)));
  EXPECT_EQ(pair.left.next_timeout(), TimePoint(Seconds(20)));
  pair.left.handle_timeout(TimePoint(Seconds(19)));
  EXPECT_TRUE(drain_datagrams(pair.left).empty());
  pair.left.handle_timeout(TimePoint(Seconds(20)));
  EXPECT_EQ(drain_datagrams(pair.left), std::vector<Bytes>{{0xff}});
  EXPECT_EQ(pair.left.next_timeout(), TimePoint(Seconds(40)));
  pair.left.handle_command(InstallPeer{.peer = PeerId(1), .allowed_ips = prefixes({"10.2.0.0/16"})},
                           {});
  EXPECT_EQ(pair.left.next_timeout(), std::nullopt) << "not asked for any more";
}

TEST(DataPlane, AnOldPacketFromElsewhereMovesNothing) {
  PlanePair pair;
  pair.right.handle_command(
      InstallPeer{.peer = PeerId(1), .allowed_ips = prefixes({"10.1.0.0/16"}), .roaming = true},
      {});
  Bytes older = pair.seal(make_udp({}, pattern(1)))[0];
  const Bytes newer = pair.seal(make_udp({}, pattern(2)))[0];
  EXPECT_EQ(pair.open({newer}).size(), 1u);
  while (pair.right.poll_event()) {
  }
  OuterPacket packet{{{}, transport("203.0.113.9:1")}, older, Ecn::kNotEct};
  pair.right.handle_outer_packets({&packet, 1}, {});
  EXPECT_EQ(drain_inner(pair.right).size(), 1u) << "late, but sound";
  EXPECT_EQ(pair.right.poll_event(), std::nullopt);
  EXPECT_EQ(pair.right.snapshot().peers[0].path->remote, transport("192.0.2.1:4500"));
}

}  // namespace
}  // namespace hawser
