// SPDX-License-Identifier: Apache-2.0
#include "multipath/failover.h"

#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using enum TrafficClass;

TEST(Failover, StaysUntilThePathFailsAndReturnsInItsTime) {
  ScheduledPaths paths(TrafficPolicy::kFailover);
  paths.add({});
  paths.add({.id = 1, .delay = Milliseconds(60)});
  paths.run(Seconds(1));
  EXPECT_EQ(paths.choose(kRealTime).path, 0);
  EXPECT_EQ(paths.choose(kRealTime).second, kNoPathIndex);
  paths.views[0].state = PathState::kSuspect;
  paths.update();
  EXPECT_EQ(paths.choose(kRealTime).path, 1);
  paths.views[0].state = PathState::kActive;
  paths.run(Seconds(5));
  EXPECT_EQ(paths.choose(kRealTime).path, 1);
  paths.run(Seconds(6));
  EXPECT_EQ(paths.choose(kRealTime).path, 0);
}

TEST(Failover, AFullPathIsNoFailure) {
  ScheduledPaths paths(TrafficPolicy::kFailover);
  paths.add({.delay = Milliseconds(10), .rate_bps = 50'000'000});
  paths.add({.id = 1, .delay = Milliseconds(60)});
  paths.run(Seconds(1));
  paths.views[0].budget_bytes = 0;
  EXPECT_EQ(paths.choose(kBulk).path, kNoPathIndex);
  paths.views[0].budget_bytes = 30'000;
  EXPECT_EQ(paths.choose(kBulk, 40).path, 0);
  EXPECT_EQ(paths.choose(kBulk, 40).octets, 12'000u);
}

}  // namespace
}  // namespace hawser
