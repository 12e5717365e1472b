// SPDX-License-Identifier: Apache-2.0
#include "multipath/brownout_watch.h"

#include <gtest/gtest.h>

#include <random>

namespace hawser {
namespace {

// A path that is reported on each 100 ms.
class BrownoutWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    estimate_.rtt_min = estimate_.rtt_latest = Milliseconds(40);
    watch_.handle_estimate(estimate_, now_);
  }
  // True if it found fault.
  bool report(std::uint64_t delivered, std::uint64_t lost) {
    now_ += Milliseconds(100);
    estimate_.delivered_packets += delivered;
    estimate_.lost_packets += lost;
    watch_.handle_estimate(estimate_, now_);
    return watch_.verdict(now_).has_value();
  }
  bool round_trip(Duration value) {
    now_ += Milliseconds(20);
    watch_.note_round_trip(value, now_);
    return watch_.verdict(now_).has_value();
  }
  BrownoutWatch watch_;
  PathEstimate estimate_;
  TimePoint now_{Seconds(5)};
};

TEST_F(BrownoutWatchTest, SteadyLossOfManyPacketsIsFoundInThreeReports) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(report(1000, 10));
  EXPECT_FALSE(report(800, 200));
  EXPECT_FALSE(report(800, 200)) << "a burst may do that";
  EXPECT_TRUE(report(800, 200));
  EXPECT_EQ(watch_.verdict(now_), "it loses 20 % of the packets");
}

TEST_F(BrownoutWatchTest, BurstIsNoBrownOut) {
  for (int i = 0; i < 10; ++i) report(1000, 0);
  EXPECT_FALSE(report(400, 600));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(report(1000, 0)) << i;
}

TEST_F(BrownoutWatchTest, OverrunQueueIsGivenASecond) {
  for (int i = 0; i < 10; ++i) report(1000, 0);
  estimate_.queueing = Milliseconds(80);
  int reports = 0;
  while (!report(700, 300) && reports < 50) ++reports;
  EXPECT_GE(reports, 7);
  EXPECT_LE(reports, 11);
}

TEST_F(BrownoutWatchTest, LossesOfAQueueThatIsGoneAreStillItsLosses) {
  for (int i = 0; i < 10; ++i) report(1000, 0);
  estimate_.queueing = Milliseconds(80);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(report(700, 300));
  estimate_.queueing = Milliseconds(0);
  EXPECT_FALSE(report(700, 300));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(report(1000, 0)) << i;
}

TEST_F(BrownoutWatchTest, LossAmongFewPacketsAsksForProbesAndCountsThese) {
  for (int i = 0; i < 50; ++i) ASSERT_FALSE(report(5, 0));
  EXPECT_FALSE(watch_.wants_probes(now_));
  EXPECT_FALSE(report(4, 1));
  EXPECT_TRUE(watch_.wants_probes(now_));
  EXPECT_FALSE(report(12, 3)) << "too few of them";
  EXPECT_TRUE(report(12, 3));
}

TEST_F(BrownoutWatchTest, LossThatWasAChanceEndsTheProbing) {
  for (int i = 0; i < 50; ++i) report(5, 0);
  report(4, 1);
  EXPECT_FALSE(report(15, 0));
  EXPECT_FALSE(report(15, 0));
  EXPECT_FALSE(watch_.wants_probes(now_));
}

TEST_F(BrownoutWatchTest, WhatWasLostInALongPauseIsNotHeldAgainstThePresent) {
  for (int i = 0; i < 10; ++i) report(100, 0);
  now_ += Seconds(3);
  EXPECT_FALSE(report(10, 500));
  EXPECT_FALSE(report(100, 0));
  EXPECT_FALSE(report(100, 0));
  EXPECT_TRUE(watch_.is_well(now_));
}

TEST_F(BrownoutWatchTest, LossesThatAreTakenBackAreNone) {
  for (int i = 0; i < 10; ++i) report(1000, 0);
  report(700, 300);
  estimate_.lost_packets -= 300;
  estimate_.delivered_packets += 300;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(report(1000, 0));
}

TEST_F(BrownoutWatchTest, RoundTripFiveTimesAsLongIsFoundInATenthOfASecond) {
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(round_trip(Milliseconds(40 + i % 3)));
  int slow = 0;
  while (!round_trip(Milliseconds(200)) && slow < 50) ++slow;
  EXPECT_EQ(slow, 5);
  EXPECT_EQ(watch_.verdict(now_), "its round trip takes 200 ms, it took 40 ms");
  EXPECT_FALSE(watch_.is_well(now_));
  EXPECT_FALSE(round_trip(Milliseconds(41)));
  EXPECT_TRUE(watch_.is_well(now_));
}

TEST_F(BrownoutWatchTest, FullQueueIsNoBrownOut) {
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(round_trip(Milliseconds(40)));
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(round_trip(Milliseconds(140)));
}

TEST_F(BrownoutWatchTest, PathThatStaysSlowIsASlowPath) {
  for (int i = 0; i < 100; ++i) round_trip(Milliseconds(40));
  for (int i = 0; i < 600; ++i) round_trip(Milliseconds(250));
  EXPECT_FALSE(watch_.verdict(now_));
  EXPECT_TRUE(watch_.is_well(now_));
}

TEST_F(BrownoutWatchTest, WildJitterIsNoBrownOut) {
  std::mt19937 random(1);
  std::normal_distribution<> delay(40, 28);
  estimate_.rtt_min = Milliseconds(1);
  watch_.handle_estimate(estimate_, now_);
  double value = 40;
  for (int i = 0; i < 20'000; ++i) {
    value = value * 0.8 + std::max(1.0, delay(random)) * 0.2 + (delay(random) - 40) * 0.5;
    ASSERT_FALSE(round_trip(Milliseconds(static_cast<long>(std::max(1.0, value))))) << i;
  }
}

}  // namespace
}  // namespace hawser
