// SPDX-License-Identifier: Apache-2.0
#include "tunnel/too_big.h"

#include <gtest/gtest.h>

#include "tests/tunnel/plane_pair.h"

namespace hawser {
namespace {

constexpr FlowSpec kV4{};
constexpr FlowSpec kV6{.source = "fd01::1", .destination = "fd02::1"};
constexpr TimePoint kStart{Seconds(1000)};

// RFC 1071, octet by octet: 0xffff if the checksum in it is right.
std::uint32_t sum_of(ByteSpan bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += bytes[i] << (i % 2 == 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

Bytes answer_to(const Bytes& packet, std::size_t mtu) {
  return make_too_big(packet, *IpHeader::parse(packet), mtu);
}

TEST(TooBig, AnswersIpv4WithFragmentationNeeded) {
  const Bytes packet = make_udp(kV4, pattern(1400));
  const Bytes answer = answer_to(packet, 1330);
  ASSERT_EQ(answer.size(), 576u);
  const auto header = IpHeader::parse(answer);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source.to_string(), kV4.destination);
  EXPECT_EQ(header->destination.to_string(), kV4.source);
  EXPECT_EQ(header->protocol, 1);
  EXPECT_EQ(sum_of(ByteSpan(answer).first(20)), 0xffffu);
  const ByteSpan icmp = ByteSpan(answer).subspan(20);
  EXPECT_EQ(sum_of(icmp), 0xffffu);
  EXPECT_EQ(icmp[0], 3);
  EXPECT_EQ(icmp[1], 4);
  EXPECT_EQ(load_be32(&icmp[4]), 1330u);
  EXPECT_TRUE(std::equal(icmp.begin() + 8, icmp.end(), packet.begin()));
}

TEST(TooBig, AnswersIpv6WithPacketTooBig) {
  const Bytes packet = make_udp(kV6, pattern(1400));
  const Bytes answer = answer_to(packet, 1330);
  ASSERT_EQ(answer.size(), 1280u);
  const auto header = IpHeader::parse(answer);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->source.to_string(), kV6.destination);
  EXPECT_EQ(header->destination.to_string(), kV6.source);
  const ByteSpan icmp = ByteSpan(answer).subspan(40);
  const auto pseudo =
      sum_of(ByteSpan(answer).subspan(8, 32), static_cast<std::uint32_t>(icmp.size()) + 58);
  EXPECT_EQ(sum_of(icmp, pseudo), 0xffffu);
  EXPECT_EQ(icmp[0], 2);
  EXPECT_EQ(icmp[1], 0);
  EXPECT_EQ(load_be32(&icmp[4]), 1330u);
  EXPECT_TRUE(std::equal(icmp.begin() + 8, icmp.end(), packet.begin()));
  EXPECT_EQ(load_be32(&answer_to(packet, 1000)[44]), 1280u) << "no less than IPv6 has to carry";
}

TEST(TooBig, QuotesShortPacketsWhole) {
  EXPECT_EQ(answer_to(make_udp(kV4, pattern(100)), 90).size(), 28u + 128u);
  EXPECT_EQ(answer_to(make_udp(kV6, pattern(100)), 90).size(), 48u + 148u);
}

TEST(TooBig, SaysNothingWhereNoErrorMayBeSent) {
  EXPECT_FALSE(answer_to(make_icmp(kV4, pattern(600)), 500).empty()) << "an echo is answered";
  Bytes error = make_icmp(kV4, pattern(600));
  error[20] = 3;
  EXPECT_TRUE(answer_to(error, 500).empty()) << "an ICMP error";
  Bytes later = make_udp(kV4, pattern(600));
  store_be16(&later[6], 100);
  EXPECT_TRUE(answer_to(later, 500).empty()) << "a fragment that is not the first";
  EXPECT_TRUE(answer_to(make_udp({.destination = "224.0.0.9"}, pattern(600)), 500).empty());
  EXPECT_TRUE(answer_to(make_udp({.source = "0.0.0.0"}, pattern(600)), 500).empty());
}

TEST(TooBig, WhatMayGoInParts) {
  const auto may = [](const Bytes& packet) {
    return may_be_fragmented(packet, *IpHeader::parse(packet), packet.size());
  };
  EXPECT_FALSE(may(make_udp(kV4, pattern(1300))));
  EXPECT_TRUE(may(make_udp({.dont_fragment = false}, pattern(1300))));
  EXPECT_TRUE(may(make_udp(kV6, pattern(1280 - 48))));
  EXPECT_FALSE(may(make_udp(kV6, pattern(1281 - 48))));
}

// The left DataPlane's way to the right one takes outer packets of 1400 octets.
class TooBigPlaneTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kInner = room_in_outer(1400, true);

  TooBig news(std::uint32_t mtu, bool from_network) {
    const OutboundSaSnapshot sa = pair_.left.snapshot().outbound.front();
    return {.remote = transport("192.0.2.2:4500"),
            .mtu = mtu,
            .spi = sa.spi,
            .sequence_low = static_cast<std::uint32_t>(sa.sent.value()),
            .from_network = from_network};
  }
  void tell(const TooBig& told, TimePoint now = kStart) { pair_.left.handle_too_big(told, now); }
  std::vector<Transmit> send(Bytes& packet, Gso gso = {}, TimePoint now = kStart) {
    InnerPacket inner{packet, gso};
    pair_.left.handle_inner_packets({&inner, 1}, now);
    std::vector<Transmit> transmits;
    while (const auto transmit = pair_.left.poll_transmit()) transmits.push_back(*transmit);
    return transmits;
  }
  std::uint64_t drops(DropReason reason) { return PlanePair::drops(pair_.left, reason); }

  PlanePair pair_;
};

TEST_F(TooBigPlaneTest, SenderOfWhatDoesNotFitIsTold) {
  tell(news(1400, false));
  Bytes fits = make_udp(kV4, pattern(kInner - 28));
  EXPECT_EQ(send(fits).size(), 1u);
  Bytes packet = make_udp(kV4, pattern(kInner - 27));
  EXPECT_TRUE(send(packet).empty());
  EXPECT_EQ(drops(DropReason::kTooBig), 1u);
  const auto answers = drain_inner(pair_.left);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0], answer_to(packet, kInner));
}

TEST_F(TooBigPlaneTest, WhatMayBeFragmentedGoesInPartsByItself) {
  tell(news(1400, false));
  Bytes packet = make_udp({.dont_fragment = false}, pattern(1400));
  const auto transmits = send(packet);
  ASSERT_EQ(transmits.size(), 1u);
  EXPECT_TRUE(transmits[0].may_fragment);
  Bytes small = make_udp({.dont_fragment = false}, pattern(1000));
  const auto others = send(small);
  ASSERT_EQ(others.size(), 1u);
  EXPECT_FALSE(others[0].may_fragment);
}

TEST_F(TooBigPlaneTest, SuperPacketsOfTcpAreCutAsSmallAsTheyHaveToBe) {
  tell(news(1400, false));
  const Bytes payload = pattern(20000);
  SuperPacket super = make_super_tcp(kV4, {}, payload, 1398);
  std::vector<Bytes> datagrams;
  for (const Transmit& transmit : send(super.bytes, super.gso)) {
    EXPECT_FALSE(transmit.may_fragment);
    EXPECT_LE(transmit.segment_size + 28u, 1400u);
    for (std::size_t at = 0; at < transmit.bytes.size(); at += transmit.segment_size) {
      const ByteSpan one = transmit.bytes.subspan(
          at, std::min<std::size_t>(transmit.segment_size, transmit.bytes.size() - at));
      datagrams.emplace_back(one.begin(), one.end());
    }
  }
  Bytes came;
  for (const Bytes& segment : pair_.open(datagrams)) {
    EXPECT_TRUE(checksums_are_right(segment));
    came.insert(came.end(), segment.begin() + 40, segment.end());
  }
  EXPECT_EQ(came, payload);
  SuperPacket datagrams_of_udp = make_super_udp(kV4, pattern(20000), 1390);
  EXPECT_TRUE(send(datagrams_of_udp.bytes, datagrams_of_udp.gso).empty());
  EXPECT_EQ(drops(DropReason::kTooBig), 1u);
}

TEST_F(TooBigPlaneTest, MssFollows) {
  const auto mss_of = [](const Bytes& packet) { return load_be16(&packet[20 + 20 + 2]); };
  const TcpSpec syn{.flags = 0x02, .options = {2, 4, 0x05, 0xb4}};
  Bytes before = make_tcp(kV4, syn, {});
  send(before);
  EXPECT_EQ(mss_of(before), 1438 - 40);
  tell(news(1400, false));
  Bytes after = make_tcp(kV4, syn, {});
  send(after);
  EXPECT_EQ(mss_of(after), kInner - 40);
}

TEST_F(TooBigPlaneTest, MessageOfTheNetworkIsBelievedIfItQuotesWhatWasSent) {
  Bytes packet = make_udp(kV4, pattern(1400));
  send(packet);
  TooBig other_spi = news(1400, true);
  other_spi.spi = Spi(other_spi.spi.value() + 1);
  TooBig other_remote = news(1400, true);
  other_remote.remote = transport("192.0.2.3:4500");
  TooBig never_sent = news(1400, true);
  ++never_sent.sequence_low;
  TooBig zero = news(1400, true);
  zero.sequence_low = 0;
  for (const TooBig& forged : {other_spi, other_remote, never_sent, zero}) tell(forged);
  EXPECT_EQ(drops(DropReason::kIcmpRefused), 4u);
  EXPECT_EQ(send(packet).size(), 1u);
  tell(news(1400, true));
  EXPECT_EQ(drops(DropReason::kIcmpRefused), 4u);
  EXPECT_TRUE(send(packet).empty());
}

TEST_F(TooBigPlaneTest, OldMessageIsNotBelieved) {
  Bytes packet = make_udp(kV4, pattern(20));
  send(packet);
  const TooBig old = news(1400, true);
  for (int i = 0; i < 140'000; ++i) send(packet);
  tell(old);
  EXPECT_EQ(drops(DropReason::kIcmpRefused), 1u);
}

TEST_F(TooBigPlaneTest, NoMessageStopsTraffic) {
  Bytes first = make_udp(kV4, pattern(20));
  send(first);
  tell(news(1, true));
  Bytes packet = make_udp(kV4, pattern(room_in_outer(PathMtu::kMinV4, true) - 28));
  EXPECT_EQ(send(packet).size(), 1u);
}

TEST_F(TooBigPlaneTest, IsForgottenSlowly) {
  tell(news(1400, false));
  Bytes packet = make_udp(kV4, pattern(1400));
  const TimePoint later = kStart + PathMtu::kLifetime;
  EXPECT_TRUE(send(packet, {}, later - Duration(1)).empty());
  EXPECT_TRUE(send(packet, {}, later).empty());
  EXPECT_EQ(send(packet, {}, later + EffectiveMtu::kStable).size(), 1u);
}

TEST_F(TooBigPlaneTest, AnswersAreBounded) {
  tell(news(1400, false));
  Bytes packet = make_udp(kV4, pattern(1400));
  std::size_t answers = 0;
  for (int i = 0; i < 1000; ++i) {
    send(packet);
    answers += drain_inner(pair_.left).size();
  }
  EXPECT_EQ(drops(DropReason::kTooBig), 1000u);
  EXPECT_EQ(answers, 200u);
}

}  // namespace
}  // namespace hawser
