// SPDX-License-Identifier: Apache-2.0
#include "multipath/balance.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using enum TrafficClass;

constexpr std::uint32_t kFlows = 4000;

// Flow to path.
std::map<std::uint32_t, std::uint32_t> placed(ScheduledPaths& paths) {
  std::map<std::uint32_t, std::uint32_t> places;
  for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
    places[flow] = paths.views[paths.choose(kInteractive, 1, flow).path].id.value();
  }
  return places;
}

std::map<std::uint32_t, double> shares(ScheduledPaths& paths) {
  std::map<std::uint32_t, double> shares;
  for (const auto& [flow, path] : placed(paths)) shares[path] += 1.0 / kFlows;
  return shares;
}

TEST(Balance, SharesFollowTheRates) {
  ScheduledPaths paths(TrafficPolicy::kBalance);
  paths.add({.rate_bps = 60'000'000});
  paths.add({.id = 1, .rate_bps = 20'000'000});
  paths.run(Seconds(1));
  EXPECT_NEAR(shares(paths)[0], 0.75, 0.08);
}

TEST(Balance, APathThatGoesMovesItsOwnFlowsOnly) {
  ScheduledPaths paths(TrafficPolicy::kBalance);
  for (std::uint32_t id = 0; id < 4; ++id) paths.add({.id = id});
  paths.run(Seconds(1));
  const auto before = placed(paths);
  paths.views[1].state = PathState::kFailed;
  paths.update();
  int moved = 0;
  for (const auto& [flow, path] : placed(paths)) {
    if (before.at(flow) == 1) {
      ++moved;
      EXPECT_NE(path, 1u);
    } else {
      EXPECT_EQ(path, before.at(flow));
    }
  }
  EXPECT_GT(moved, 500);
  paths.views[1].state = PathState::kActive;
  paths.update();
  EXPECT_EQ(placed(paths), before) << "and they come back";
}

TEST(Balance, SmallChangesMoveNothingLargeOnesDo) {
  ScheduledPaths paths(TrafficPolicy::kBalance);
  paths.add({.rate_bps = 50'000'000});
  paths.add({.id = 1, .rate_bps = 50'000'000});
  paths.run(Seconds(1));
  const auto before = placed(paths);
  for (int i = 0; i < 50; ++i) {
    paths.views[0].rate_bps = 45'000'000 + static_cast<std::uint64_t>(i % 3) * 5'000'000;
    paths.views[1].estimate.loss = i % 5 * 0.002;
    paths.update();
    paths.now += Milliseconds(100);
    ASSERT_EQ(placed(paths), before);
  }
  paths.views[0].rate_bps = 5'000'000;
  paths.update();
  EXPECT_LT(shares(paths)[0], 0.2);
}

TEST(Balance, TheOrderOfTheListDoesNotMatter) {
  ScheduledPaths paths(TrafficPolicy::kBalance);
  for (std::uint32_t id = 0; id < 4; ++id) paths.add({.id = id});
  paths.run(Seconds(1));
  const auto before = placed(paths);
  std::swap(paths.views[0], paths.views[3]);
  paths.update();
  EXPECT_EQ(placed(paths), before);
}

TEST(Balance, PathsOfLowerPriorityRest) {
  ScheduledPaths paths(TrafficPolicy::kBalance);
  paths.add({.priority = 2});
  paths.add({.id = 1, .priority = 2});
  paths.add({.id = 2, .rate_bps = 900'000'000});
  paths.run(Seconds(1));
  EXPECT_EQ(shares(paths).count(2), 0u);
  EXPECT_EQ(shares(paths).size(), 2u);
}

}  // namespace
}  // namespace hawser
