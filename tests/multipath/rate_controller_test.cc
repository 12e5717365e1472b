// SPDX-License-Identifier: Apache-2.0
#include "multipath/rate_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <vector>

#include "tests/multipath/paced_loop.h"

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(500)};

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void print(const char* what, const PacedLoop::Result& result) {
  std::cout << what << ": utilization " << result.utilization << ", queue "
            << milliseconds(result.queue_mean) << " ms, p95 " << milliseconds(result.queue_p95)
            << ", backlog " << milliseconds(result.backlog_mean) << " ms, constrained "
            << result.constrained << ", overflowed " << result.overflowed << ", dropped "
            << result.dropped << ", marked " << result.marked << "\n";
}

struct Profile {
  const char* name;
  VirtualLink::Options link;
  double utilization;     // at least
  double queue_p95;       // at most, ms
  std::size_t flows = 4;  // one is too slow a climber to fill some links in the time
  bool ecn = false;
};

void PrintTo(const Profile& profile, std::ostream* out) { *out << profile.name; }

class FillsAPath : public testing::TestWithParam<Profile> {};

TEST_P(FillsAPath, AndKeepsItsQueueShort) {
  const Profile& profile = GetParam();
  // Where chance has a part, what it does on average.
  const bool is_random = profile.link.jitter > Duration(0) || profile.link.loss > 0;
  const std::uint32_t seeds = is_random ? 5 : 1;
  double utilization = 0;
  double queue_p95 = 0;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    PacedLoop loop({.link = profile.link,
                    .flows = profile.flows,
                    .ecn = profile.ecn,
                    .recovered = true,
                    .seed = seed});
    loop.run(Seconds(profile.link.delay > Milliseconds(200) ? 30 : 12));
    const PacedLoop::Result result = loop.run(Seconds(12));
    print(profile.name, result);
    EXPECT_EQ(result.marked > 0, profile.ecn);
    utilization += result.utilization / seeds;
    queue_p95 += milliseconds(result.queue_p95) / seeds;
  }
  EXPECT_GE(utilization, profile.utilization);
  EXPECT_LE(queue_p95, profile.queue_p95);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, FillsAPath,
    testing::Values(
        Profile{"2M_20ms", {.mbps = 2}, 0.97, 36},
        Profile{"12M_20ms_one_flow", {.mbps = 12}, 0.97, 12, 1}, Profile{"50M_20ms", {}, 0.97, 12},
        Profile{"50M_20ms_ecn", {}, 0.97, 12, 4, true},
        Profile{"100M_20ms", {.mbps = 100}, 0.97, 12},
        Profile{"300M_8ms_one_flow", {.mbps = 300, .delay = Milliseconds(8)}, 0.97, 12, 1},
        Profile{"50M_320ms", {.delay = Milliseconds(320)}, 0.97, 20},
        Profile{"50M_20ms_loss_2", {.loss = 0.02}, 0.95, 12},
        Profile{"50M_20ms_jitter_5", {.jitter = Milliseconds(5)}, 0.95, 60},
        Profile{"50M_20ms_jitter_20", {.jitter = Milliseconds(20)}, 0.85, 90},
        Profile{"30M_40ms_jitter_8_loss_05",
                {.mbps = 30, .delay = Milliseconds(40), .jitter = Milliseconds(8), .loss = 0.005},
                0.93,
                75}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(RateController, WithoutItTheQueueIsFull) {
  PacedLoop loop({.flows = 4, .paced = false});
  loop.run(Seconds(12));
  const PacedLoop::Result result = loop.run(Seconds(12));
  print("unpaced", result);
  EXPECT_GT(milliseconds(result.queue_p95), 60) << "else the others show nothing";
}

// Jitter lets packets come closer together than the path carries them, for a moment.
TEST(RateController, BelievesNoRateThatOnlyJitterShows) {
  unsigned samples = 0;
  unsigned too_high = 0;
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    PacedLoop loop(
        {.link = {.jitter = Milliseconds(20)}, .flows = 4, .recovered = true, .seed = seed});
    loop.run(Seconds(12));
    for (int i = 0; i < 240; ++i, ++samples) {
      loop.run(Milliseconds(50));
      const RateController& controller = loop.controller();
      if (!controller.is_constrained() || controller.bandwidth_bps() > 65'000'000) ++too_high;
    }
  }
  std::cout << too_high << " of " << samples << " samples\n";
  EXPECT_LT(too_high, samples / 50);
}

TEST(RateController, FollowsTheRateOfThePath) {
  PacedLoop loop({.flows = 16});
  loop.run(Seconds(12));
  loop.set_mbps(20);
  loop.run(Milliseconds(300));
  EXPECT_LT(static_cast<double>(loop.controller().bandwidth_bps()), 22e6);
  loop.run(Milliseconds(2700));
  const PacedLoop::Result down = loop.run(Seconds(3));
  print("20M", down);
  EXPECT_GT(down.utilization, 0.97);
  EXPECT_LT(milliseconds(down.queue_p95), 35);
  loop.set_mbps(80);
  loop.run(Seconds(1));
  const PacedLoop::Result up = loop.run(Seconds(3));
  print("80M", up);
  EXPECT_GT(up.utilization, 0.9);
}

// A path whose queue is full: so many octets are sent in each 25 ms, so many of them arrive.
class FullPath {
 public:
  void run(std::uint64_t sent, std::uint64_t delivered, int reports = 40) {
    for (int i = 0; i < reports; ++i) {
      now_ += Milliseconds(25);
      controller_.note_backlog(true);
      controller_.note_sent(sent, now_);
      estimate_.delivered_bytes += delivered;
      estimate_.delivered_at = estimate_.updated = now_;
      estimate_.queueing_floor = Milliseconds(100 + i % 3);  // what stands still is no queue
      controller_.handle_estimate(estimate_, now_);
    }
  }
  double mbps() const { return static_cast<double>(controller_.bandwidth_bps()) / 1e6; }

 private:
  RateController controller_;
  PathEstimate estimate_{.rtt = Milliseconds(140), .rtt_min = Milliseconds(40)};
  TimePoint now_ = kStart;
};

// It grows no more, and what is too much is lost.
TEST(RateController, WhatAFullQueueLosesTellsOfItsRate) {
  FullPath path;
  path.run(200'000, 200'000);
  EXPECT_NEAR(path.mbps(), 64, 1);
  path.run(200'000, 196'000);
  EXPECT_NEAR(path.mbps(), 64, 1) << "chance";
  path.run(200'000, 150'000);
  EXPECT_NEAR(path.mbps(), 48, 1);
}

TEST(RateController, AFewLossesAreChance) {
  FullPath path;
  path.run(15'000, 15'000);
  const double known = path.mbps();
  EXPECT_NEAR(known, 4.8, 0.2);
  path.run(15'000, 4'500, 1);
  EXPECT_EQ(path.mbps(), known);
}

TEST(RateController, SurvivesADelayThatGrows) {
  PacedLoop loop({.flows = 16});
  loop.run(Seconds(12));
  loop.set_delay(Milliseconds(60));
  const PacedLoop::Result soon = loop.run(Seconds(8));
  print("20 -> 60 ms", soon);
  EXPECT_GT(soon.utilization, 0.6);
  loop.run(Seconds(4));
  const PacedLoop::Result later = loop.run(Seconds(4));
  print("later", later);
  EXPECT_GT(later.utilization, 0.97);
}

TEST(RateController, IsFreeAtFirstAndAgainWhenNothingWaits) {
  PacedLoop loop({.link = {.mbps = 12}});
  EXPECT_FALSE(loop.controller().is_constrained());
  EXPECT_EQ(loop.controller().rate_bps(), 0u);
  loop.run(Seconds(10));
  EXPECT_TRUE(loop.controller().is_constrained());
  loop.trickle();
  loop.run(Seconds(4));
  EXPECT_FALSE(loop.controller().is_constrained());
}

TEST(RateController, UnconstrainedAllMayGo) {
  RateController controller;
  EXPECT_EQ(controller.budget(kStart), std::numeric_limits<std::uint64_t>::max());
  controller.note_sent(1000000, kStart);
  EXPECT_EQ(controller.budget(kStart), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(controller.next_budget(1000000, kStart), kStart);
}

TEST(RateController, ManagesWithFewReports) {
  PacedLoop loop({.flows = 4, .report_interval = Milliseconds(100)});
  loop.run(Seconds(12));
  const PacedLoop::Result result = loop.run(Seconds(12));
  print("a report each 100 ms", result);
  EXPECT_GT(result.utilization, 0.97);
  EXPECT_LT(milliseconds(result.queue_p95), 20);
}

// A report each 25 ms of 12 Mbit/s, from a peer whose counter and clock begin where they are told.
void report_for(RateController& controller, Duration queue, TimePoint their_clock, TimePoint from) {
  for (int i = 1; i <= 20; ++i) {
    const TimePoint now = from + i * Milliseconds(25);
    for (int packet = 0; packet < 25; ++packet) controller.note_sent(1500, now);
    controller.handle_estimate({.rtt = Milliseconds(40),
                                .rtt_min = Milliseconds(40),
                                .queueing_floor = queue,
                                .delivered_bytes = static_cast<std::uint64_t>(i) * 37500,
                                .delivered_at = their_clock + i * Milliseconds(25),
                                .updated = now},
                               now);
  }
}

TEST(RateController, BelievesAPeerThatBeganAnew) {
  RateController controller;
  report_for(controller, Duration(0), TimePoint(Seconds(9000)), kStart);
  EXPECT_FALSE(controller.is_constrained());
  report_for(controller, Milliseconds(30), TimePoint(Seconds(7)), kStart + Seconds(1));
  EXPECT_TRUE(controller.is_constrained());
  EXPECT_NEAR(static_cast<double>(controller.bandwidth_bps()), 12e6, 0.6e6);
  EXPECT_GT(controller.rate_bps(), 4'000'000u);
}

// The queue that is believed two seconds after a way became longer by 190 ms, which wobbles by so
// much; all of its rate is sent all the time.
Duration queue_after_detour(Duration wobble) {
  RateController controller;
  TimePoint now = kStart;
  for (std::uint64_t i = 1; i <= 120; ++i) {
    now += Milliseconds(25);
    const Duration detour = i <= 40 ? Duration(0) : Milliseconds(190);
    controller.note_sent(37500, now);
    controller.handle_estimate({.rtt = Milliseconds(40),
                                .rtt_min = Milliseconds(40),
                                .queueing_floor = detour + (i / 4 % 2) * wobble,
                                .delivered_bytes = i * 37500,
                                .delivered_at = now,
                                .updated = now},
                               now);
    if (i == 60) {
      EXPECT_GT(milliseconds(controller.queue(now)), 100);
    }
  }
  return controller.queue(now);
}

TEST(RateController, NoQueueStandsStill) {
  EXPECT_LT(milliseconds(queue_after_detour(Duration(0))), 10);
  EXPECT_GT(milliseconds(queue_after_detour(Milliseconds(5))), 100);
}

// The jitter that is believed on average of a path of 100 Mbit/s that has none, and takes what the
// controller allows except for 60 of each 300 ms, in which nothing is to be sent.
double jitter_of_pauses_ms() {
  RateController controller;
  std::vector<double> sent(1, 0);  // until each millisecond, octets
  double delivered = 0;
  Duration wait{0};  // of the last packet that arrived
  TimePoint at = kStart;
  double sum = 0;
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    const TimePoint now = kStart + i * Milliseconds(1);
    const bool pauses = i % 300 < 60;
    controller.note_backlog(!pauses);
    const auto octets = std::min<std::uint64_t>(controller.budget(now), 25'000);
    if (!pauses) controller.note_sent(octets, now);
    sent.push_back(sent.back() + (pauses ? 0.0 : static_cast<double>(octets)));
    const double arrived = std::min(sent.back(), delivered + 12'500);
    if (arrived > delivered) {
      const auto last = std::lower_bound(sent.begin(), sent.end(), arrived) - sent.begin();
      wait = Milliseconds(static_cast<std::int64_t>(i) - last);
      at = now;
    }
    delivered = arrived;
    if (i % 25 != 0) continue;
    controller.handle_estimate(
        {.rtt = Milliseconds(16),
         .rtt_min = Milliseconds(16),
         .queueing_floor = wait,
         .delivery_rate_bps = 100'000'000,
         .delivered_bytes = static_cast<std::uint64_t>(delivered),
         .delivered_at = at,
         .in_flight_bytes = static_cast<std::uint64_t>(sent.back() - delivered),
         .updated = now},
        now);
    if (i > 5000) sum += milliseconds(controller.jitter()) / 200;
  }
  EXPECT_TRUE(controller.is_constrained());
  return sum;
}

TEST(RateController, AQueueThatDrainsInAPauseIsNoJitter) { EXPECT_LT(jitter_of_pauses_ms(), 6); }

// Each 25 ms so many packets are sent, and three of ten are lost; there is no queue.
bool losses_constrain(std::uint64_t packets) {
  RateController controller;
  constexpr std::uint64_t kSize = 500;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    const TimePoint now = kStart + i * Milliseconds(25);
    controller.note_sent(packets * kSize, now);
    controller.handle_estimate({.rtt = Milliseconds(400),
                                .rtt_min = Milliseconds(400),
                                .queueing_floor = Duration(0),
                                .loss = 0.3,
                                .delivered_bytes = i * packets * kSize * 7 / 10,
                                .delivered_at = now,
                                .updated = now},
                               now);
  }
  return controller.is_constrained();
}

TEST(RateController, FewPacketsThatAreLostAreNoPolicer) {
  EXPECT_TRUE(losses_constrain(40));
  EXPECT_FALSE(losses_constrain(1));
}

TEST(RateController, KeepsToAConfiguredLimit) {
  RateController controller(8'000'000);
  EXPECT_TRUE(controller.is_constrained());
  std::uint64_t sent = 0;
  TimePoint now = kStart;
  while (now < kStart + Seconds(5)) {
    const std::uint64_t budget = controller.budget(now);
    EXPECT_LE(budget, RateController::kLeastBurst);
    if (budget >= 1500) {
      controller.note_sent(1500, now);
      sent += 1500;
      continue;
    }
    const TimePoint next = controller.next_budget(1500, now);
    ASSERT_GT(next, now);
    now = next;
    EXPECT_GE(controller.budget(now), 1500u) << "it comes when it was promised";
  }
  EXPECT_NEAR(static_cast<double>(sent), 5e6, 5000);
  EXPECT_EQ(controller.rate_bps(), 8'000'000u);
}

TEST(RateController, WhatDoesNotWaitForBudgetKeepsOthersWaitingForAWhileOnly) {
  RateController controller(1'000'000);
  controller.note_sent(RateController::kLeastBurst, kStart);
  controller.note_sent(1'000'000, kStart, false);
  EXPECT_EQ(controller.budget(kStart), 0u);
  EXPECT_LT(controller.next_budget(1500, kStart), kStart + Milliseconds(100));
}

TEST(RateController, WhatDoesNotWaitForBudgetLeavesATenthToThoseThatWait) {
  RateController controller(1'000'000);
  std::uint64_t waited = 0;
  for (TimePoint now = kStart; now < kStart + Seconds(30); now += Milliseconds(10)) {
    controller.note_sent(1500, now, false);
    if (controller.budget(now) < 1000) continue;
    controller.note_sent(1000, now);
    waited += 1000;
  }
  EXPECT_NEAR(static_cast<double>(waited), 0.1 * 30 * 125'000, 5000);
}

TEST(RateController, AnOverdrawnBudgetIsWaitedFor) {
  RateController controller(8'000'000);
  controller.budget(kStart);
  controller.note_sent(13000, kStart);
  const TimePoint later = kStart + Milliseconds(9);
  EXPECT_EQ(controller.budget(later), 0u);
  const TimePoint next = controller.next_budget(1000, later);
  EXPECT_GT(next, kStart + Milliseconds(10));
  EXPECT_LE(next, kStart + Milliseconds(11));
  EXPECT_GE(controller.budget(next), 1000u);
}

}  // namespace
}  // namespace hawser
