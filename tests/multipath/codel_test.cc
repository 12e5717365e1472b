// SPDX-License-Identifier: Apache-2.0
#include "multipath/codel.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

constexpr std::size_t kBacklog = 100000;
const Codel::Options kOptions{.target = Milliseconds(20), .interval = Milliseconds(100)};

// A packet each millisecond that has waited for `waited`; when the signals came.
std::vector<int> signals(Codel& codel, Duration waited, int from, int until,
                         std::size_t backlog = kBacklog) {
  std::vector<int> at;
  for (int ms = from; ms < until; ++ms) {
    if (codel.should_signal(waited, backlog, kOptions, TimePoint(Seconds(50)) + Milliseconds(ms))) {
      at.push_back(ms);
    }
  }
  return at;
}

TEST(Codel, SignalsAfterAnIntervalAndThenEverSooner) {
  Codel codel;
  // RFC 8289 section 3.3: 100 ms by the square roots of 1, 2, 3, ...
  EXPECT_EQ(signals(codel, Milliseconds(25), 0, 450),
            (std::vector<int>{100, 200, 271, 329, 379, 424}));
}

TEST(Codel, ForgivesAQueueThatEmptiesWithinAnInterval) {
  Codel codel;
  EXPECT_TRUE(signals(codel, Milliseconds(25), 0, 99).empty());
  EXPECT_TRUE(signals(codel, Milliseconds(19), 99, 100).empty());
  EXPECT_EQ(signals(codel, Milliseconds(25), 100, 220), (std::vector<int>{200}));
}

TEST(Codel, LetsASinglePacketWait) {
  Codel codel;
  EXPECT_TRUE(signals(codel, Seconds(3), 0, 2000, 1514).empty());
}

TEST(Codel, GoesOnWhereItWasIfTheQueueComesBackSoon) {
  Codel codel;
  EXPECT_EQ(signals(codel, Milliseconds(25), 0, 450).size(), 6u);
  EXPECT_TRUE(signals(codel, Milliseconds(5), 450, 600).empty());
  const std::vector<int> again = signals(codel, Milliseconds(25), 600, 800);
  ASSERT_GE(again.size(), 2u);
  EXPECT_LT(again[1] - again[0], 60) << "not a whole interval";
}

TEST(Codel, ForgetsAfterALongTime) {
  Codel codel;
  EXPECT_EQ(signals(codel, Milliseconds(25), 0, 450).size(), 6u);
  EXPECT_TRUE(signals(codel, Milliseconds(5), 450, 3000).empty());
  EXPECT_EQ(signals(codel, Milliseconds(25), 3000, 3250), (std::vector<int>{3100, 3200}));
}

TEST(Codel, IsMorePatientWithLongRoundTrips) {
  EXPECT_EQ(Codel::for_rtt(Milliseconds(10)).target, Milliseconds(20));
  EXPECT_EQ(Codel::for_rtt(Milliseconds(10)).interval, Milliseconds(100));
  EXPECT_EQ(Codel::for_rtt(Milliseconds(640)).target, Milliseconds(160));
  EXPECT_EQ(Codel::for_rtt(Milliseconds(640)).interval, Milliseconds(1280));
  EXPECT_EQ(Codel::for_rtt(Milliseconds(40), Milliseconds(30)).target, Milliseconds(90));
  EXPECT_EQ(Codel::for_rtt(Milliseconds(40), Duration(0), Milliseconds(45)).target,
            Milliseconds(65));
}

}  // namespace
}  // namespace hawser
