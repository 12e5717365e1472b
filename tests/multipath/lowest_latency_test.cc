// SPDX-License-Identifier: Apache-2.0
#include "multipath/lowest_latency.h"

#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using testing::ViewOptions;
using enum TrafficClass;

// A queue of 40 ms on the fast path, as reports tell it.
void stand_queue(ScheduledPaths& paths) {
  PathView& fast = paths.views[0];
  fast.estimate.delay = *fast.estimate.delay_min + Milliseconds(40);
  fast.estimate.queueing = Milliseconds(40);
  fast.estimate.queueing_floor = Milliseconds(39);
}

PathChoice choose_with_queue(const ViewOptions& fast, const ViewOptions& slow) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(fast);
  paths.add(slow);
  paths.run(Seconds(1));
  EXPECT_EQ(paths.choose(kInteractive).path, 0);
  stand_queue(paths);
  paths.update();
  return paths.choose(kInteractive);
}

constexpr ViewOptions kFast{.delay = Milliseconds(10), .rate_bps = 10'000'000};

TEST(LowestLatency, GoesRoundAQueueThatIsLongerThanTheDetour) {
  EXPECT_EQ(choose_with_queue(kFast, {.id = 1, .delay = Milliseconds(35)}).path, 1);
  EXPECT_EQ(choose_with_queue(kFast, {.id = 1, .delay = Milliseconds(48)}).path, 0)
      << "2 ms earlier is no reason";
}

TEST(LowestLatency, GoesBackWhereTheQueueIsGone) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(kFast);
  paths.add({.id = 1, .delay = Milliseconds(20)});
  paths.run(Seconds(1));
  stand_queue(paths);
  paths.update();
  EXPECT_EQ(paths.choose(kInteractive).path, 1);
  paths.views[0].queue_gone = Milliseconds(39);
  paths.update();
  EXPECT_EQ(paths.choose(kInteractive).path, 0) << "nothing was sent there for long";
}

// Others may be quicker, and lose more: only a queue is gone round.
TEST(LowestLatency, ALongWayIsNoQueue) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add({.delay = Milliseconds(60)});
  paths.add({.id = 1, .delay = Milliseconds(20), .loss = 0.2});
  paths.run(Seconds(1));
  EXPECT_EQ(paths.choose(kInteractive).path, 0);
}

TEST(LowestLatency, JitterIsNoQueue) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(kFast);
  paths.add({.id = 1, .delay = Milliseconds(20)});
  paths.run(Seconds(1));
  stand_queue(paths);
  paths.views[0].estimate.queueing_floor = Milliseconds(2);
  paths.update();
  EXPECT_EQ(paths.choose(kInteractive).path, 0);
}

TEST(LowestLatency, NeitherALowerPriorityNorMoneyIsAWayRound) {
  ViewOptions preferred = kFast;
  preferred.priority = 1;
  EXPECT_EQ(choose_with_queue(preferred, {.id = 1, .delay = Milliseconds(20)}).path, 0);
  EXPECT_EQ(choose_with_queue(kFast, {.id = 1, .delay = Milliseconds(20), .metered = true}).path,
            0);
}

TEST(LowestLatency, BulkCountsTheWaitForBudgetToo) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add({.delay = Milliseconds(10), .rate_bps = 1'000'000});
  paths.add({.id = 1, .delay = Milliseconds(37), .rate_bps = 1'000'000});
  paths.run(Seconds(1));
  stand_queue(paths);
  paths.update();
  EXPECT_EQ(paths.choose(kBulk).path, 1);
  paths.views[1].budget_bytes = 0;
  EXPECT_EQ(paths.choose(kBulk).path, 0);
}

}  // namespace
}  // namespace hawser
