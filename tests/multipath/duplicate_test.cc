// SPDX-License-Identifier: Apache-2.0
#include "multipath/duplicate.h"

#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using testing::ViewOptions;
using enum TrafficClass;

TEST(Duplicate, TakesTheTwoBest) {
  ScheduledPaths paths(TrafficPolicy::kDuplicate);
  paths.add({.delay = Milliseconds(80)});
  paths.add({.id = 1, .delay = Milliseconds(30)});
  paths.add({.id = 2, .delay = Milliseconds(10)});
  paths.run(Seconds(2));
  EXPECT_EQ(paths.choose(kRealTime).path, 2);
  EXPECT_EQ(paths.choose(kRealTime).second, 1);
}

TEST(Duplicate, TheSecondDoesNotFailWithTheFirst) {
  ScheduledPaths paths(TrafficPolicy::kDuplicate);
  paths.add({.delay = Milliseconds(10)});
  paths.add({.id = 1, .delay = Milliseconds(11)});
  paths.add({.id = 2, .delay = Milliseconds(80)});
  paths.views[1].group = paths.views[0].group;
  paths.run(Seconds(2));
  EXPECT_EQ(paths.choose(kRealTime).second, 2);
  paths.views.pop_back();
  paths.update();
  EXPECT_EQ(paths.choose(kRealTime).path, 0);
  EXPECT_EQ(paths.choose(kRealTime).second, kNoPathIndex);
}

// A fast path, and one that is given.
std::uint8_t second_of(const ViewOptions& second, bool duplicate_on_metered) {
  ScheduledPaths paths(TrafficPolicy::kDuplicate, {.duplicate_on_metered = duplicate_on_metered});
  paths.add({.delay = Milliseconds(10)});
  paths.add(second);
  paths.run(Seconds(2));
  EXPECT_EQ(paths.choose(kRealTime).path, 0);
  return paths.choose(kRealTime).second;
}

TEST(Duplicate, CopiesOnMeteredPathsAreForWhoAsksForThem) {
  EXPECT_EQ(second_of({.id = 1, .metered = true}, false), kNoPathIndex);
  EXPECT_EQ(second_of({.id = 1, .metered = true}, true), 1);
  const ViewOptions standby{.id = 1, .state = PathState::kStandby, .metered = true};
  EXPECT_EQ(second_of(standby, false), kNoPathIndex);
  EXPECT_EQ(second_of(standby, true), 1);
}

TEST(Duplicate, ASuspectPathMayHelpAStandbyOneRests) {
  EXPECT_EQ(second_of({.id = 1, .state = PathState::kSuspect}, false), 1);
  EXPECT_EQ(second_of({.id = 1, .state = PathState::kStandby}, false), kNoPathIndex);
  EXPECT_EQ(second_of({.id = 1, .state = PathState::kFailed}, false), kNoPathIndex);
}

TEST(Duplicate, CopiesTakeATenthOfTheSecondPath) {
  ScheduledPaths paths(TrafficPolicy::kDuplicate);
  paths.add({.delay = Milliseconds(10)});
  paths.add({.id = 1, .delay = Milliseconds(20), .rate_bps = 10'000'000});
  paths.run(Seconds(1));
  // 6 Mbit/s of "voice" for ten seconds.
  double copied = 0;
  for (int i = 0; i < 5000; ++i) {
    paths.now += Milliseconds(2);
    const PathChoice choice = paths.choose(kRealTime);
    ASSERT_EQ(choice.path, 0);
    if (choice.second == 1) copied += 1500 * 8;
  }
  EXPECT_NEAR(copied, 10e6, 0.2e6) << "1 Mbit/s";
}

TEST(Duplicate, CallsAreCopiedWhole) {
  ScheduledPaths paths(TrafficPolicy::kDuplicate);
  paths.add({});
  paths.add({.id = 1, .rate_bps = 2'000'000});
  paths.run(Seconds(1));
  for (int i = 0; i < 1000; ++i) {
    paths.now += Milliseconds(20);
    ASSERT_NE(
        paths.selector
            .choose(paths.views,
                    {.traffic_class = kRealTime, .octets = 250, .now = testing::at(paths.now)})
            .second,
        kNoPathIndex);
  }
}

TEST(Duplicate, EitherPathMayDieAndOneStillCarries) {
  for (const std::size_t dead : {0u, 1u}) {
    ScheduledPaths paths(TrafficPolicy::kDuplicate);
    paths.add({});
    paths.add({.id = 1});
    paths.run(Seconds(1));
    const PathChoice before = paths.choose(kRealTime);
    EXPECT_NE(before.path, before.second);
    EXPECT_NE(before.second, kNoPathIndex);
    paths.views[dead].state = PathState::kFailed;
    paths.update();
    EXPECT_EQ(paths.choose(kRealTime).path, 1 - dead);
    EXPECT_EQ(paths.choose(kRealTime).second, kNoPathIndex);
  }
}

}  // namespace
}  // namespace hawser
