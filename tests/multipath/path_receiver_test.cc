// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_receiver.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

constexpr PathId kPath(3);
constexpr Spi kOld(0x100);
constexpr Spi kNew(0x200);
TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

TEST(PathReceiver, ReportsWhatCame) {
  PathReceiver receiver(kPath);
  EXPECT_EQ(receiver.next_timeout(), std::nullopt);
  receiver.note({.spi = kOld, .sequence = 1, .octets = 100, .stamp = to_stamp(at(500))}, at(10));
  receiver.note({.spi = kOld, .sequence = 3, .octets = 200, .congested = true}, at(11));
  EXPECT_EQ(receiver.poll_report(at(10)), std::nullopt) << "not due yet";
  EXPECT_EQ(receiver.next_timeout(), at(11));
  const PathReport report = receiver.poll_report(at(12)).value();
  EXPECT_EQ(report.number, 0u);
  EXPECT_EQ(report.path, kPath);
  EXPECT_EQ(report.spi, kOld);
  EXPECT_EQ(report.highest, 3u);
  EXPECT_EQ(report.packets, 2u);
  EXPECT_EQ(report.octets, 300u);
  EXPECT_EQ(report.congested, 1u);
  EXPECT_EQ(report.newest_arrival, to_stamp(at(11)));
  ASSERT_TRUE(report.timing);
  EXPECT_EQ(report.timing->echo, to_stamp(at(500)));
  EXPECT_EQ(report.timing->held, Duration(Milliseconds(2)));
  EXPECT_EQ(receiver.reception().octets, 300u);
}

// Two hosts with nothing to say must not report each other's reports for ever.
TEST(PathReceiver, ReportsElicitNoReports) {
  PathReceiver receiver(kPath);
  receiver.note({.spi = kOld, .sequence = 1, .octets = 100, .elicits = false}, at(0));
  EXPECT_EQ(receiver.next_timeout(), std::nullopt);
  EXPECT_EQ(receiver.poll_report(at(1000)), std::nullopt);
  EXPECT_EQ(receiver.reception().packets, 1u);
}

TEST(PathReceiver, ALossAtTheEndIsReportedBeforeAnythingElseComes) {
  PathReceiver receiver(kPath);
  receiver.note({.spi = kOld, .sequence = 1, .octets = 100}, at(0));
  receiver.note({.spi = kOld, .sequence = 3, .octets = 100}, at(0));
  int reports = 0;
  std::uint32_t lost = 0;
  for (int ms = 0; ms < 1000; ++ms) {
    if (const auto report = receiver.poll_report(at(ms))) {
      ++reports;
      lost = report->lost;
      EXPECT_LE(ms, 100);
    }
  }
  EXPECT_EQ(lost, 1u);
  EXPECT_EQ(reports, 2) << "and then it is silent";
}

// The budget of voice allows a report each 94 ms; a loss is known 20 ms after it shows.
TEST(PathReceiver, ALossAmongFewPacketsIsReportedAtOnce) {
  PathReceiver receiver(kPath);
  std::optional<int> told;
  for (int ms = 0; ms < 2100; ++ms) {
    const bool is_lost = ms == 1980;
    if (ms % 20 == 0 && !is_lost) {
      receiver.note({.spi = kOld,
                     .sequence = static_cast<std::uint64_t>(ms / 20 + 1),
                     .octets = 250,
                     .stamp = to_stamp(at(ms))},
                    at(ms));
    }
    const auto report = receiver.poll_report(at(ms));
    if (report && report->lost == 1 && !told) told = ms;
  }
  EXPECT_LE(told.value(), 2000 + 25);
}

TEST(PathReceiver, ALossOfProbesAloneIsNotReported) {
  PathReceiver receiver(kPath);
  for (int ms = 1000; ms < 5000; ms += 100) {
    const auto sequence = static_cast<std::uint64_t>(ms / 50);
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 80, .elicits = false}, at(ms));
    EXPECT_EQ(receiver.next_timeout(), std::nullopt);
  }
}

TEST(PathReceiver, CountsGoOnOverARekeyThatIsOutOfOrder) {
  PathReceiver receiver(kPath);
  for (const std::uint64_t sequence : {1, 2, 4}) {
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 10}, at(0));
  }
  receiver.note({.spi = kNew, .sequence = 1, .octets = 10}, at(1));
  receiver.note({.spi = kOld, .sequence = 5, .octets = 10}, at(1));
  receiver.note({.spi = kNew, .sequence = 4, .octets = 10}, at(2));
  for (const std::uint64_t sequence : {6, 7, 8}) {
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 10}, at(2));
  }
  for (const std::uint64_t sequence : {5, 6, 7}) {
    receiver.note({.spi = kNew, .sequence = sequence, .octets = 10}, at(3));
  }
  const PathReport report = receiver.poll_report(at(100)).value();
  EXPECT_EQ(report.spi, kNew);
  EXPECT_EQ(report.highest, 7u);
  EXPECT_EQ(report.lost, 3u);
  EXPECT_EQ(report.loss_runs, 2u);
  EXPECT_EQ(report.packets, 12u);
}

TEST(PathReceiver, AnSaBeforeTheLastCountsNoLosses) {
  PathReceiver receiver(kPath);
  for (std::uint32_t sa = 1; sa <= 4; ++sa) {
    receiver.note({.spi = Spi(sa), .sequence = 1, .octets = 10}, at(0));
    receiver.note({.spi = Spi(sa), .sequence = 3, .octets = 10}, at(0));
  }
  receiver.note({.spi = Spi(1), .sequence = 1000, .octets = 10}, at(0));
  const PathReport report = receiver.poll_report(at(100)).value();
  EXPECT_EQ(report.spi, Spi(4));
  EXPECT_EQ(receiver.reception().lost, 3u)
      << "of the two that are over, and what is missing for long";
  EXPECT_EQ(receiver.reception().packets, 9u);
  EXPECT_EQ(receiver.reception().reorder.packets, 8u);
}

TEST(PathReceiver, WhatWasNotNotedIsNoLoss) {
  PathReceiver receiver(kPath);
  for (const std::uint64_t sequence : {1, 3}) {
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 10}, at(0));
  }
  EXPECT_EQ(receiver.missing(kOld), 1u);
  EXPECT_TRUE(receiver.next_timeout());
  receiver.skip();
  EXPECT_EQ(receiver.missing(kOld), 0u);
  EXPECT_FALSE(receiver.next_timeout()) << "poll_report() has nothing to tell";
  for (const std::uint64_t sequence : {100, 102, 103, 104, 105}) {
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 10}, at(1));
  }
  EXPECT_EQ(receiver.missing(kOld), 1u);
  EXPECT_EQ(receiver.reception().lost, 2u);
  EXPECT_EQ(receiver.reception().reorder.packets, 7u);
}

TEST(PathReceiver, IsNotBegunByAPacketThatComesLate) {
  PathReceiver receiver(kPath);
  receiver.skip();
  receiver.note({.spi = kOld, .sequence = 60, .octets = 10, .is_newest = false}, at(0));
  for (const std::uint64_t sequence : {100, 101, 102, 103, 104}) {
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 10}, at(1));
  }
  receiver.note({.spi = kOld, .sequence = 61, .octets = 10, .is_newest = false}, at(2));
  EXPECT_EQ(receiver.missing(kOld), 0u);
  EXPECT_EQ(receiver.reception().lost, 0u);
}

TEST(PathReceiver, ReorderExtentIsThatSinceTheLastReport) {
  PathReceiver receiver(kPath);
  for (const std::uint64_t sequence : {1, 3, 4, 5, 2}) {
    receiver.note({.spi = kOld, .sequence = sequence, .octets = 10}, at(0));
  }
  EXPECT_EQ(receiver.poll_report(at(10))->reorder_extent, 3u);
  receiver.note({.spi = kOld, .sequence = 6, .octets = 10}, at(20));
  EXPECT_EQ(receiver.poll_report(at(200))->reorder_extent, 0u);
  EXPECT_EQ(receiver.reception().reorder.extent_max, 3u);
}

TEST(PathReceiver, LatenessIsThatOfAPathThatDoesNotKeepOrder) {
  PathReceiver receiver(kPath);
  receiver.note({.spi = kOld, .sequence = 1, .octets = 10}, at(0));
  receiver.note({.spi = kOld, .sequence = 3, .octets = 10}, at(5));
  EXPECT_EQ(receiver.lateness(), Duration(0));
  receiver.note({.spi = kOld, .sequence = 2, .octets = 10}, at(45));
  EXPECT_EQ(receiver.lateness(), Milliseconds(50)) << "40 and a margin";
  std::uint64_t sequence = 3;
  const auto go_on = [&](int second) {
    receiver.note({.spi = kOld, .sequence = ++sequence, .octets = 10}, at(second * 1000));
    EXPECT_TRUE(receiver.poll_report(at(second * 1000 + 900)));
  };
  for (int second = 1; second <= 4; ++second) go_on(second);
  EXPECT_EQ(receiver.lateness(), Milliseconds(50));
  for (int second = 5; second <= 6; ++second) go_on(second);
  EXPECT_EQ(receiver.lateness(), Duration(0)) << "it has kept order for five seconds";
}

}  // namespace
}  // namespace hawser
