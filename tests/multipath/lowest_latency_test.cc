// SPDX-License-Identifier: Apache-2.0
#include "multipath/lowest_latency.h"

#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using testing::ViewOptions;
using enum TrafficClass;

// A queue of 40 ms on the fast path.
PathChoice choose_with_queue(const ViewOptions& fast, const ViewOptions& slow) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(fast);
  paths.add(slow);
  paths.run(Seconds(1));
  EXPECT_EQ(paths.choose(kInteractive).path, 0);
  paths.views[0].queued_bytes = 50'000;
  return paths.choose(kInteractive);
}

constexpr ViewOptions kFast{.delay = Milliseconds(10), .rate_bps = 10'000'000};

TEST(LowestLatency, GoesRoundAQueueThatIsLongerThanTheDetour) {
  EXPECT_EQ(choose_with_queue(kFast, {.id = 1, .delay = Milliseconds(35)}).path, 1);
  EXPECT_EQ(choose_with_queue(kFast, {.id = 1, .delay = Milliseconds(48)}).path, 0)
      << "2 ms earlier is no reason";
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
  paths.add({.id = 1, .delay = Milliseconds(10), .rate_bps = 900'000});
  paths.run(Seconds(1));
  ASSERT_EQ(paths.choose(kBulk).path, 0);
  paths.views[0].budget_bytes = 0;
  paths.views[0].queued_bytes = 4000;
  EXPECT_EQ(paths.choose(kBulk).path, 1);
}

}  // namespace
}  // namespace hawser
