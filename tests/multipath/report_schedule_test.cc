// SPDX-License-Identifier: Apache-2.0
#include "multipath/report_schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hawser {
namespace {

constexpr ReportSchedule::Options kDefault;

TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

// The times of reports while packets of this size come at this rate.
std::vector<TimePoint> reports(double bps, std::uint32_t octets, Duration length) {
  ReportSchedule schedule(kDefault);
  std::vector<TimePoint> times;
  const Duration gap(std::llround(octets * 8e9 / bps));
  for (TimePoint now; now < TimePoint(length); now += gap) {
    while (schedule.due() && *schedule.due() <= now) {
      times.push_back(*schedule.due());
      schedule.note_report(*schedule.due());
    }
    schedule.note(octets, now);
  }
  return times;
}

TEST(ReportSchedule, SaysNothingAboutNothing) {
  ReportSchedule schedule(kDefault);
  EXPECT_EQ(schedule.due(), std::nullopt);
  schedule.note(100, at(0));
  EXPECT_EQ(schedule.due(), at(1)) << "at once after silence";
  schedule.note_report(at(1));
  EXPECT_EQ(schedule.due(), std::nullopt);
}

TEST(ReportSchedule, AtMostEach25Milliseconds) {
  ReportSchedule schedule(kDefault);
  schedule.note(100, at(0));
  schedule.note_report(at(1));
  schedule.note(60'000, at(2));
  EXPECT_EQ(schedule.due(), at(26));
}

// Losses all the time: an allowance at first, then one report a second above the others.
TEST(ReportSchedule, ALossIsToldAtOnceButNotWithoutEnd) {
  ReportSchedule schedule(kDefault);
  for (int ms = 0; ms < 1000; ms += 20) {
    schedule.note(250, at(ms));
    if (schedule.due() && *schedule.due() <= at(ms)) schedule.note_report(at(ms));
  }
  schedule.note_report(at(1000));
  schedule.note(250, at(1000));
  ASSERT_GT(schedule.due().value(), at(1050)) << "the budget is used up";
  schedule.note_missing(at(1030), at(1010));
  EXPECT_EQ(schedule.due(), at(1030));
  schedule.note_report(at(1030));
  int hasty = 0;
  for (int ms = 1060; ms < 11'060; ms += 20) {
    schedule.note_missing(at(ms), at(ms));
    if (!schedule.due() || *schedule.due() > at(ms)) continue;
    schedule.note_report(at(ms));
    ++hasty;
  }
  EXPECT_GE(hasty, 11 + 9);
  EXPECT_LE(hasty, 11 + 10);
}

TEST(ReportSchedule, StaysWithinItsBudgetAndReportsOftenEnough) {
  struct Case {
    double bps;
    std::uint32_t octets;
    double least_per_second;
  };
  for (const Case& test : {Case{24'000, 60, 10}, Case{100'000, 250, 10}, Case{1e6, 1200, 14},
                           Case{5e7, 1400, 35}, Case{1e9, 1400, 38}}) {
    const std::vector<TimePoint> times = reports(test.bps, test.octets, Seconds(20));
    const double bps = static_cast<double>(times.size()) * kDefault.report_octets * 8 / 20;
    // What was saved up is two reports in all.
    EXPECT_LE(bps, 10'000 + 0.005 * test.bps + 2 * kDefault.report_octets * 8 / 20.0) << test.bps;
    EXPECT_GE(static_cast<double>(times.size()) / 20, test.least_per_second) << test.bps;
    for (std::size_t i = 1; i < times.size(); ++i) {
      ASSERT_LE(times[i] - times[i - 1], Milliseconds(100)) << test.bps << " report " << i;
      ASSERT_GE(times[i] - times[i - 1], Milliseconds(25)) << test.bps << " report " << i;
    }
  }
}

TEST(ReportSchedule, SilenceSavesUpTwoReportsAndNoMore) {
  ReportSchedule schedule(kDefault);
  schedule.note(100, at(0));
  schedule.note_report(at(1));
  int count = 0;
  for (int ms = 60'000; ms < 60'100; ++ms) {
    if (schedule.due() && *schedule.due() <= at(ms)) {
      schedule.note_report(at(ms));
      ++count;
    }
    schedule.note(100, at(ms));
  }
  EXPECT_LE(count, 3);
  EXPECT_GE(count, 2);
}

}  // namespace
}  // namespace hawser
