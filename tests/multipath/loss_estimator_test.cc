// SPDX-License-Identifier: Apache-2.0
#include "multipath/loss_estimator.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

TEST(LossEstimator, SharesOfSteadyLossAcrossTheWrapOfCounters) {
  LossEstimator loss;
  PathReport report{.packets = UINT32_MAX - 500,
                    .lost = UINT32_MAX - 20,
                    .loss_runs = UINT16_MAX - 10,
                    .congested = UINT32_MAX - 30};
  loss.begin(report, at(0));
  for (int t = 25; t <= 5000; t += 25) {
    report.packets += 96;
    report.lost += 4;
    report.loss_runs += 2;
    report.congested += 24;
    loss.add(report, at(t));
  }
  EXPECT_NEAR(loss.loss(), 0.04, 1e-9);
  EXPECT_NEAR(loss.burst(), 2, 1e-9);
  EXPECT_NEAR(loss.congested(), 0.25, 1e-9);
  EXPECT_EQ(loss.lost_packets(), 800u);
}

TEST(LossEstimator, OldLossIsForgottenOverTwoSecondsOfTraffic) {
  LossEstimator loss;
  PathReport report;
  loss.begin(report, at(0));
  int t = 0;
  const auto run = [&](int ms, std::uint32_t lost) {
    for (const int end = t + ms; t < end;) {
      t += 25;
      report.packets += 100 - lost;
      report.lost += lost;
      loss.add(report, at(t));
    }
  };
  run(10'000, 20);
  EXPECT_NEAR(loss.loss(), 0.2, 0.001);
  run(2000, 0);
  EXPECT_NEAR(loss.loss(), 0.2 / 2.718, 0.01);
  t += 60'000;
  loss.add(report, at(t));
  EXPECT_NEAR(loss.loss(), 0.2 / 2.718, 0.01) << "silence teaches nothing";
  run(10'000, 0);
  EXPECT_LT(loss.loss(), 0.001);
}

// As of a path that was only probed for a while: the first report of data tells of all the probes.
TEST(LossEstimator, AReportOfALongTimeIsSoonOutweighed) {
  LossEstimator loss;
  PathReport report;
  loss.begin(report, at(0));
  int t = 0;
  const auto add = [&](int ms, std::uint32_t packets, std::uint32_t lost) {
    t += ms;
    report.packets += packets - lost;
    report.lost += lost;
    loss.add(report, at(t));
  };
  add(100, 10, 0);
  add(100'000, 5000, 1000);
  EXPECT_GT(loss.loss(), 0.1);
  for (int i = 0; i < 20; ++i) add(100, 1, 0);
  EXPECT_LT(loss.loss(), 0.1);

  LossEstimator first;
  first.begin({}, at(0));
  report = {.packets = 4000, .lost = 1000};
  first.add(report, at(0));
  EXPECT_NEAR(first.loss(), 0.2, 0.001);
  for (int i = 1; i <= 20; ++i) {
    ++report.packets;
    first.add(report, at(100 * i));
  }
  EXPECT_LT(first.loss(), 0.1);
}

TEST(LossEstimator, LossesThatAreTakenBackAreNone) {
  LossEstimator loss;
  PathReport report;
  loss.begin(report, at(0));
  report.packets = 90;
  report.lost = 10;
  report.loss_runs = 10;
  loss.add(report, at(25));
  EXPECT_NEAR(loss.loss(), 0.1, 0.01);
  report.packets = 200;
  report.lost = 0;
  report.loss_runs = 0;
  loss.add(report, at(50));
  EXPECT_EQ(loss.loss(), 0);
  EXPECT_EQ(loss.burst(), 0);
  EXPECT_EQ(loss.lost_packets(), 0u);
}

}  // namespace
}  // namespace hawser
