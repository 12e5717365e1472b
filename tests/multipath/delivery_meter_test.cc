// SPDX-License-Identifier: Apache-2.0
#include "multipath/delivery_meter.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

// Reports each 25 ms about a path that delivers at a rate, of what was sent 10 ms before.
class Reports {
 public:
  explicit Reports(std::uint32_t first_octets = 0, ShimStamp clock = 0) : clock_(clock) {
    report_.octets = first_octets;
    meter_.begin(report_);
  }

  struct Rates {
    std::uint64_t arriving = 0;
    std::uint64_t sending = 0;
  };
  void run(Rates bps, bool backlog, Duration length, bool queue = false) {
    for (const TimePoint end = now_ + length; now_ < end;) {
      now_ += Milliseconds(25);
      report_.octets += static_cast<std::uint32_t>(bps.arriving / 8 / 40);
      report_.newest_arrival = clock_ + to_stamp(now_);
      sent_ += bps.sending / 8 / 40;
      meter_.add(
          report_,
          FlightLedger::Point{.octets = sent_, .sent = now_ - Milliseconds(10), .backlog = backlog},
          {.rtt = Milliseconds(20), .queue = queue}, now_);
    }
  }
  void run(std::uint64_t bps, bool backlog, Duration length) { run({bps, bps}, backlog, length); }
  void pause(Duration length) { now_ += length; }
  double mbps() const { return static_cast<double>(meter_.rate_bps()) / 1e6; }
  const DeliveryMeter& meter() const { return meter_; }

 private:
  ShimStamp clock_;
  TimePoint now_{Seconds(1)};
  PathReport report_;
  std::uint64_t sent_ = 0;
  DeliveryMeter meter_;
};

TEST(DeliveryMeter, KnowsTheRateAfterTwoSpans) {
  Reports reports;
  EXPECT_EQ(reports.mbps(), 0);
  reports.run(50'000'000, true, Milliseconds(100));
  EXPECT_NEAR(reports.mbps(), 50, 0.5);
}

TEST(DeliveryMeter, FollowsDownWithinTenRoundTripsAndUpAtOnce) {
  Reports reports;
  reports.run(50'000'000, true, Seconds(1));
  reports.run(20'000'000, true, Milliseconds(350));
  EXPECT_NEAR(reports.mbps(), 20, 0.3);
  reports.run(80'000'000, true, Milliseconds(100));
  EXPECT_NEAR(reports.mbps(), 80, 1);
}

TEST(DeliveryMeter, WhatWasOnlyOfferedDoesNotLowerTheRate) {
  Reports reports;
  reports.run(50'000'000, true, Seconds(1));
  reports.run(1'000'000, false, Seconds(5));
  EXPECT_NEAR(reports.mbps(), 50, 0.5);
  reports.run(70'000'000, false, Seconds(1));
  EXPECT_NEAR(reports.mbps(), 70, 0.5) << "it may raise it";
}

TEST(DeliveryMeter, AQueueSaysThatThePathIsFullWhoeverSends) {
  Reports reports;
  reports.run(50'000'000, true, Seconds(1));
  reports.run({.arriving = 5'000'000, .sending = 6'000'000}, false, Seconds(1), true);
  EXPECT_NEAR(reports.mbps(), 5, 0.1);
}

TEST(DeliveryMeter, NoPathDeliversFasterThanIsSent) {
  Reports reports;
  reports.run(10'000'000, true, Seconds(1));
  reports.run({.arriving = 40'000'000, .sending = 10'000'000}, true, Milliseconds(100));
  EXPECT_LT(reports.mbps(), 11);
}

TEST(DeliveryMeter, APauseIsNoSlowPath) {
  Reports reports;
  reports.run(50'000'000, true, Seconds(1));
  reports.pause(Seconds(5));
  reports.run(50'000'000, true, Milliseconds(200));
  EXPECT_NEAR(reports.mbps(), 50, 0.5);
}

TEST(DeliveryMeter, SaysWhenOctetsWereCountedByTheReceiversClock) {
  Reports reports(0, UINT32_MAX - (1 << 14));
  EXPECT_EQ(reports.meter().delivered_at(), std::nullopt);
  reports.run(50'000'000, true, Milliseconds(25));
  const TimePoint begin = reports.meter().delivered_at().value();
  const std::uint64_t before = reports.meter().delivered_bytes();
  reports.run(50'000'000, true, Seconds(2));
  const Duration passed = *reports.meter().delivered_at() - begin;
  EXPECT_NEAR(static_cast<double>(passed.count()), 2e9, 2e5);
  EXPECT_EQ(reports.meter().delivered_bytes() - before, 12'500'000u);
}

TEST(DeliveryMeter, CountersAndStampsMayWrap) {
  Reports reports(UINT32_MAX - 3'000'000, UINT32_MAX - (1 << 14) * 2);
  reports.run(100'000'000, true, Seconds(3));
  EXPECT_NEAR(reports.mbps(), 100, 0.5);
  EXPECT_EQ(reports.meter().delivered_bytes(), 37'500'000u);
}

}  // namespace
}  // namespace hawser
