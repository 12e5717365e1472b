// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_sender.h"

#include <gtest/gtest.h>

#include <utility>

namespace hawser {
namespace {

constexpr Spi kSa(0x100);
constexpr Spi kNextSa(0x200);
TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

class PathSenderTest : public testing::Test {
 protected:
  PathSenderTest() : sender_(origin_) {
    sender_.begin_sa(kSa);
    for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
      sender_.note_sent({.sequence = sequence, .octets = 1000}, at(0));
    }
  }

  static PathReport report(std::uint32_t number, std::uint32_t packets) {
    return {.number = number,
            .spi = kSa,
            .highest = packets,
            .packets = packets,
            .octets = 1000 * packets};
  }

  DelayOrigin origin_;
  PathSender sender_;
};

TEST_F(PathSenderTest, KnowsNothingAtFirst) {
  const PathEstimate& estimate = sender_.estimate(at(0));
  EXPECT_EQ(estimate.rtt, std::nullopt);
  EXPECT_EQ(estimate.updated, std::nullopt);
  EXPECT_EQ(estimate.r_factor, 0);
  EXPECT_EQ(estimate.in_flight_bytes, 100'000u);
}

TEST_F(PathSenderTest, WantsAStampEach5To20Milliseconds) {
  std::uint64_t sequence = 100;
  TimePoint now = at(0);
  for (const auto& [packets, stamps] : {std::pair(20, 200), std::pair(2, 118), std::pair(1, 59)}) {
    int count = 0;
    for (const TimePoint end = now + Seconds(1); now < end; now += Milliseconds(1)) {
      for (int i = 0; i < packets; ++i) {
        const bool stamped = sender_.wants_stamp(now);
        if (stamped) ++count;
        sender_.note_sent({.sequence = ++sequence, .octets = 100, .stamped = stamped}, now);
      }
    }
    EXPECT_NEAR(count, stamps, 2) << packets << " packets in a millisecond";
  }
}

TEST_F(PathSenderTest, EachPacketOfACallCarriesAStamp) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(sender_.wants_stamp(at(20 * i)));
    sender_.note_sent(
        {.sequence = static_cast<std::uint64_t>(101 + i), .octets = 200, .stamped = true},
        at(20 * i));
  }
}

TEST_F(PathSenderTest, AReportCountsOnceAndInItsOrder) {
  EXPECT_TRUE(sender_.handle_report(report(0, 40), true, at(50)));
  EXPECT_FALSE(sender_.handle_report(report(0, 40), true, at(51)));
  EXPECT_TRUE(sender_.handle_report(report(2, 60), true, at(52)));
  EXPECT_FALSE(sender_.handle_report(report(1, 50), true, at(53)));
  EXPECT_EQ(sender_.estimate(at(54)).delivered_bytes, 60'000u);
  EXPECT_EQ(sender_.estimate(at(54)).in_flight_bytes, 40'000u);
  EXPECT_EQ(sender_.estimate(at(54)).updated, at(52));
}

TEST_F(PathSenderTest, AReportOnAForeignSaIsNotBelieved) {
  PathReport foreign = report(0, 40);
  foreign.spi = Spi(7);
  EXPECT_FALSE(sender_.handle_report(foreign, true, at(50)));
  EXPECT_EQ(sender_.estimate(at(50)).in_flight_bytes, 100'000u);
}

TEST_F(PathSenderTest, RoundTripOnlyFromAReportOnTheSamePath) {
  PathReport echoed = report(0, 40);
  echoed.timing = PathReport::Timing{.echo = to_stamp(at(0)), .held = Milliseconds(10), .delay = 5};
  EXPECT_TRUE(sender_.handle_report(echoed, false, at(50)));
  EXPECT_EQ(sender_.estimate(at(50)).rtt, std::nullopt);
  EXPECT_NE(sender_.estimate(at(50)).delay, std::nullopt) << "one way is one way";
  echoed.number = 1;
  EXPECT_TRUE(sender_.handle_report(echoed, true, at(50)));
  EXPECT_NEAR(static_cast<double>(sender_.estimate(at(50)).rtt->count()), 40e6, 61e3);
  EXPECT_GT(sender_.estimate(at(50)).r_factor, 80);
  EXPECT_GT(sender_.estimate(at(50)).mos, 4);
}

TEST_F(PathSenderTest, ANonsensicalEchoIsNotBelieved) {
  PathReport echoed = report(0, 40);
  echoed.timing = PathReport::Timing{.echo = to_stamp(at(5000)), .delay = 5};
  EXPECT_TRUE(sender_.handle_report(echoed, true, at(50)));
  EXPECT_EQ(sender_.estimate(at(50)).rtt, std::nullopt);
}

TEST_F(PathSenderTest, AProbesRoundTripCounts) {
  sender_.handle_round_trip(Milliseconds(30), at(10));
  EXPECT_EQ(sender_.estimate(at(10)).rtt, Duration(Milliseconds(30)));
  EXPECT_EQ(sender_.estimate(at(10)).updated, at(10));
}

TEST_F(PathSenderTest, WhatIsNeverReportedIsNotInFlightForEver) {
  EXPECT_EQ(sender_.estimate(at(1000)).in_flight_bytes, 100'000u);
  EXPECT_EQ(sender_.estimate(at(1001)).in_flight_bytes, 0u);
}

TEST_F(PathSenderTest, WhatElicitsNoReportIsNotInFlight) {
  sender_.note_sent({.sequence = 101, .octets = 5000, .elicits = false}, at(1));
  EXPECT_EQ(sender_.estimate(at(1)).in_flight_bytes, 100'000u);
}

TEST_F(PathSenderTest, AReceiverThatBeganAgainIsUnderstood) {
  PathReport late = report(500, 90);
  late.lost = 10;
  EXPECT_TRUE(sender_.handle_report(late, true, at(50)));
  sender_.begin_sa(kNextSa);
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    sender_.note_sent({.sequence = sequence, .octets = 1000}, at(60));
  }
  PathReport anew = report(0, 8);
  anew.spi = kNextSa;
  EXPECT_TRUE(sender_.handle_report(anew, true, at(100)));
  EXPECT_EQ(sender_.estimate(at(100)).delivered_bytes, 8000u);
  EXPECT_EQ(sender_.estimate(at(100)).lost_packets, 0u);
  EXPECT_EQ(sender_.estimate(at(100)).in_flight_bytes, 2000u);
  EXPECT_FALSE(sender_.handle_report(late, true, at(101)));
}

TEST_F(PathSenderTest, AReceiverThatBeganAgainWithinAnSaIsUnderstoodInTwoSeconds) {
  EXPECT_TRUE(sender_.handle_report(report(500, 90), true, at(50)));
  EXPECT_FALSE(sender_.handle_report(report(0, 5), true, at(2000)));
  EXPECT_TRUE(sender_.handle_report(report(1, 7), true, at(2051)));
  EXPECT_TRUE(sender_.handle_report(report(2, 10), true, at(2076)));
  EXPECT_EQ(sender_.estimate(at(2076)).delivered_bytes, 3000u) << "since the first that it took";
}

}  // namespace
}  // namespace hawser
