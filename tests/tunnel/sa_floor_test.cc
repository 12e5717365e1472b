// SPDX-License-Identifier: Apache-2.0
// Sequence numbers over restarts: what is reserved, where an SA goes on, and how a peer catches up.
#include <gtest/gtest.h>

#include "tests/tunnel/plane_pair.h"
#include "tunnel/floor_notice.h"

namespace hawser {
namespace {

constexpr TimePoint kNow{Seconds(7)};
constexpr PeerId kPeer{1};

Bytes inner_packet(std::uint32_t seed = 1) {
  return make_udp({.source = "10.1.0.1", .destination = "10.2.0.1"}, pattern(40, seed));
}

// Left sends, right receives; right's SAs and left's have marks.
class SaFloor : public testing::Test {
 protected:
  struct Marks {
    SequenceNumber first{1};
    std::optional<SequenceNumber> reserved_out;
    SequenceNumber floor{0};
    std::optional<SequenceNumber> reserved_in;
    SaLifetime lifetime;
  };
  void install(const Marks& marks) {
    install_left(marks);
    install_right(marks);
  }
  static void install_peer(DataPlane& plane, std::initializer_list<std::string_view> allowed,
                           std::string_view remote) {
    plane.handle_command(InstallPeer{.peer = kPeer,
                                     .allowed_ips = prefixes(allowed),
                                     .path = AddressPair{{}, transport(remote)}},
                         kNow);
  }
  void install_left(const Marks& marks) {
    left_ = std::make_unique<DataPlane>(DataPlane::Options{});
    install_peer(*left_, {"10.2.0.0/16"}, "192.0.2.2:4500");
    left_->handle_command(InstallOutboundSa{.peer = kPeer,
                                            .spi = pair_.left.spi_out,
                                            .key = pair_.left.key_out.clone(),
                                            .first = marks.first,
                                            .reserved = marks.reserved_out,
                                            .lifetime = marks.lifetime},
                          kNow);
    left_->handle_command(
        InstallInboundSa{.peer = kPeer, .spi = pair_.left.spi_in, .key = pair_.left.key_in.clone()},
        kNow);
  }
  void install_right(const Marks& marks) {
    right_ = std::make_unique<DataPlane>(DataPlane::Options{});
    install_peer(*right_, {"10.1.0.0/16"}, "192.0.2.1:4500");
    right_->handle_command(InstallInboundSa{.peer = kPeer,
                                            .spi = pair_.right.spi_in,
                                            .key = pair_.right.key_in.clone(),
                                            .floor = marks.floor,
                                            .reserved = marks.reserved_in,
                                            .lifetime = marks.lifetime},
                           kNow);
    right_->handle_command(
        InstallOutboundSa{
            .peer = kPeer, .spi = pair_.right.spi_out, .key = pair_.right.key_out.clone()},
        kNow);
  }
  std::vector<Bytes> send(TimePoint now = kNow) {
    Bytes packet = inner_packet();
    InnerPacket inner{packet, {}};
    left_->handle_inner_packets({&inner, 1}, now);
    return drain_datagrams(*left_);
  }
  static std::vector<Bytes> receive(DataPlane& plane, std::vector<Bytes> datagrams,
                                    TimePoint now = kNow) {
    std::vector<OuterPacket> batch;
    for (Bytes& datagram : datagrams) {
      batch.push_back({{{}, transport("192.0.2.99:4500")}, datagram, Ecn::kNotEct});
    }
    plane.handle_outer_packets(batch, now);
    return drain_inner(plane);
  }
  template <typename T>
  static std::optional<T> next_event(DataPlane& plane) {
    while (const auto event = plane.poll_event()) {
      if (const auto* wanted = std::get_if<T>(&*event)) return *wanted;
    }
    return std::nullopt;
  }
  static std::uint64_t drops(const DataPlane& plane, DropReason reason) {
    return plane.snapshot().drops.value(reason);
  }
  SequenceNumber sent() const { return left_->snapshot().outbound[0].sent; }
  SequenceNumber highest() const { return right_->snapshot().inbound[0].highest; }

  SaPair pair_ = test_sa_pair(0, 1, 1);
  std::unique_ptr<DataPlane> left_;
  std::unique_ptr<DataPlane> right_;
};

TEST_F(SaFloor, WithoutMarksNothingIsAsked) {
  install({});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(receive(*right_, send()).size(), 1u);
  EXPECT_FALSE(next_event<ReserveWanted>(*left_));
  EXPECT_FALSE(next_event<ReserveWanted>(*right_));
}

TEST_F(SaFloor, ASenderStopsAtItsMarkUntilTheDiskKnows) {
  install({.first = SequenceNumber(101), .reserved_out = SequenceNumber(103)});
  EXPECT_EQ(send().size(), 1u);
  const auto wanted = next_event<ReserveWanted>(*left_);
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->direction, SaDirection::kOutbound);
  EXPECT_EQ(wanted->spi, pair_.left.spi_out);
  EXPECT_GE(wanted->mark.value(), 101 + SequenceReserve::kMinOutboundBlock);
  send();
  send();
  EXPECT_EQ(sent(), SequenceNumber(103));
  EXPECT_TRUE(send().empty());
  EXPECT_EQ(drops(*left_, DropReason::kSequenceNotReserved), 1u);
  EXPECT_EQ(sent(), SequenceNumber(103)) << "no number is spent";
  left_->handle_command(ExtendReserve{kPeer, wanted->spi, wanted->direction, wanted->mark}, kNow);
  EXPECT_EQ(send().size(), 1u);
  EXPECT_EQ(sent(), SequenceNumber(104));
}

TEST_F(SaFloor, AReceiverLetsPacketsWaitForTheDiskAndDeliversEachOnce) {
  install({.reserved_in = SequenceNumber(2)});
  std::vector<Bytes> wire;
  for (int i = 0; i < 5; ++i) wire.push_back(send().front());
  EXPECT_EQ(receive(*right_, wire).size(), 2u);
  EXPECT_EQ(highest(), SequenceNumber(2)) << "the window is untouched";
  EXPECT_TRUE(receive(*right_, wire).empty()) << "not even twice";
  const auto wanted = next_event<ReserveWanted>(*right_);
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->direction, SaDirection::kInbound);
  EXPECT_GE(wanted->mark, SequenceNumber(5));
  right_->handle_command(ExtendReserve{kPeer, wanted->spi, wanted->direction, wanted->mark}, kNow);
  EXPECT_EQ(drain_inner(*right_).size(), 3u);
  EXPECT_EQ(drops(*right_, DropReason::kReplayed), 2u + 3u);
  EXPECT_TRUE(receive(*right_, wire).empty());
  EXPECT_EQ(drops(*right_, DropReason::kSequenceNotReserved), 0u);
}

TEST_F(SaFloor, WhatIsForgedRaisesNoRequest) {
  install({.reserved_in = SequenceNumber(64)});
  Bytes forged = send().front();
  store_be32(forged.data() + 4, 1000);
  EXPECT_TRUE(receive(*right_, {forged}).empty());
  EXPECT_FALSE(next_event<ReserveWanted>(*right_));
  EXPECT_EQ(drops(*right_, DropReason::kIcvFailed), 1u);
}

TEST_F(SaFloor, WaitingIsBounded) {
  install({.reserved_in = SequenceNumber(0)});
  for (int i = 0; i < 16388; ++i) receive(*right_, send());
  EXPECT_EQ(drops(*right_, DropReason::kSequenceNotReserved), 4u);
}

TEST_F(SaFloor, WaitingIsBoundedInOctetsToo) {
  install({.reserved_in = SequenceNumber(0)});
  for (int i = 0; i < 800; ++i) {
    Bytes packet = make_udp({.source = "10.1.0.1", .destination = "10.2.0.1"}, pattern(60'000));
    InnerPacket inner{packet, {}};
    left_->handle_inner_packets({&inner, 1}, kNow);
    receive(*right_, drain_datagrams(*left_));
  }
  const std::uint64_t refused = drops(*right_, DropReason::kSequenceNotReserved);
  EXPECT_GT(refused, 50u);
  const auto wanted = next_event<ReserveWanted>(*right_);
  ASSERT_TRUE(wanted);
  right_->handle_command(ExtendReserve{kPeer, wanted->spi, wanted->direction, SequenceNumber(800)},
                         kNow);
  EXPECT_EQ(drain_inner(*right_).size(), 800 - refused);
  receive(*right_, send());
  EXPECT_EQ(drops(*right_, DropReason::kSequenceNotReserved), refused) << "there is room again";
}

TEST_F(SaFloor, AfterARestartNothingIsAcceptedAgain) {
  install({.reserved_in = SequenceNumber(64)});
  std::vector<Bytes> wire;
  for (int i = 0; i < 10; ++i) wire.push_back(send().front());
  EXPECT_EQ(receive(*right_, wire).size(), 10u);
  install_right({.floor = SequenceNumber(64), .reserved_in = SequenceNumber(128)});
  EXPECT_TRUE(receive(*right_, wire).empty());
  EXPECT_EQ(drops(*right_, DropReason::kTooOld), 10u);
}

// The whole way: right was restarted and its floor is ahead of left.
TEST_F(SaFloor, APeerBelowTheFloorIsToldAndSkipsAhead) {
  install({.reserved_out = SequenceNumber(100'000)});
  send();
  install_right({.floor = SequenceNumber(5000), .reserved_in = SequenceNumber(9000)});
  EXPECT_TRUE(receive(*right_, send()).empty());
  const auto below = next_event<PeerBelowFloor>(*right_);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->floor, SequenceNumber(5000));
  EXPECT_EQ(below->path.remote, transport("192.0.2.99:4500"));
  EXPECT_TRUE(receive(*right_, send()).empty());
  EXPECT_FALSE(next_event<PeerBelowFloor>(*right_)) << "not for each packet";

  right_->handle_command(SendFloorNotice{kPeer, below->spi, below->floor, below->path}, kNow);
  const auto transmit = right_->poll_transmit();
  ASSERT_TRUE(transmit);
  EXPECT_EQ(transmit->addresses.remote, below->path.remote);
  const Bytes notice(transmit->bytes.begin(), transmit->bytes.end());
  EXPECT_TRUE(receive(*left_, {notice}).empty());
  EXPECT_EQ(drops(*left_, DropReason::kDummy), 1u);
  const auto received = next_event<FloorNoticeReceived>(*left_);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->spi, pair_.left.spi_out);
  left_->handle_command(SkipSequence{kPeer, received->spi, received->floor}, kNow);
  EXPECT_EQ(receive(*right_, send()).size(), 1u);
  EXPECT_EQ(sent(), SequenceNumber(5001));
}

TEST_F(SaFloor, ANoticeMovesForwardsOnlyAndNotFar) {
  install({.first = SequenceNumber(1000)});
  const auto skip = [&](std::uint64_t floor) {
    left_->handle_command(SkipSequence{kPeer, pair_.left.spi_out, SequenceNumber(floor)}, kNow);
    return sent().value();
  };
  EXPECT_EQ(skip(10), 999u);
  EXPECT_EQ(skip(999), 999u);
  EXPECT_EQ(skip(1000), 1000u);
  EXPECT_EQ(skip(1001 + OutboundSa::kMaxSkip), 1000u);
  EXPECT_EQ(skip(UINT64_MAX), 1000u);
  left_->handle_command(SkipSequence{PeerId(2), pair_.left.spi_out, SequenceNumber(5000)}, kNow);
  EXPECT_EQ(sent(), SequenceNumber(1000)) << "another peer has no say";
}

TEST_F(SaFloor, NoticeTextIsExact) {
  Bytes text(FloorNotice::kSize);
  FloorNotice{Spi(0x01000203), SequenceNumber(0x1122334455667788)}.serialize(text.data());
  const auto parsed = FloorNotice::parse(text);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->spi, Spi(0x01000203));
  EXPECT_EQ(parsed->floor, SequenceNumber(0x1122334455667788));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(FloorNotice::parse(ByteSpan(text).first(size))) << size;
  }
  text[0] ^= 1;
  EXPECT_FALSE(FloorNotice::parse(text));
}

TEST_F(SaFloor, ALifetimeStopsBothDirectionsAndSaysSoTwice) {
  install({.lifetime = {.packets = 10}});
  std::vector<Bytes> wire;
  for (int i = 0; i < 12; ++i) {
    for (Bytes& datagram : send()) wire.push_back(std::move(datagram));
  }
  EXPECT_EQ(wire.size(), 10u);
  EXPECT_EQ(drops(*left_, DropReason::kLifetimeOver), 2u);
  EXPECT_EQ(next_event<LifetimeReached>(*left_)->stage, LifetimeStage::kSoft);
  EXPECT_EQ(next_event<LifetimeReached>(*left_)->stage, LifetimeStage::kOver);
  EXPECT_FALSE(next_event<LifetimeReached>(*left_));
  install_left({.first = SequenceNumber(11)});
  for (const Bytes& datagram : wire) receive(*right_, {datagram});
  EXPECT_TRUE(receive(*right_, send()).empty());
  EXPECT_EQ(drops(*right_, DropReason::kLifetimeOver), 1u);
  const auto soft = next_event<LifetimeReached>(*right_);
  ASSERT_TRUE(soft);
  EXPECT_EQ(soft->direction, SaDirection::kInbound);
}

TEST_F(SaFloor, TimeEndsALifetimeToo) {
  install({.lifetime = {.time = Seconds(100)}});
  EXPECT_EQ(send(kNow + Milliseconds(99'999)).size(), 1u);
  EXPECT_TRUE(send(kNow + Seconds(100)).empty());
  EXPECT_EQ(drops(*left_, DropReason::kLifetimeOver), 1u);
}

}  // namespace
}  // namespace hawser
