// SPDX-License-Identifier: Apache-2.0
#include "multipath/round_robin.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using enum TrafficClass;

// Octets by path of so many chunks of ten packets.
std::map<int, double> placed(ScheduledPaths& paths, int chunks) {
  std::map<int, double> octets;
  for (int i = 0; i < chunks; ++i) {
    const PathChoice choice = paths.choose(kBulk, 10);
    octets[choice.path] += static_cast<double>(std::min<std::uint64_t>(choice.octets, 15'000));
  }
  return octets;
}

TEST(RoundRobin, TakesEqualPathsInTurn) {
  ScheduledPaths paths(TrafficPolicy::kRoundRobin);
  for (std::uint32_t id = 0; id < 3; ++id) paths.add({.id = id});
  paths.update();
  const int first = paths.choose(kBulk).path;
  const int second = paths.choose(kBulk).path;
  const int third = paths.choose(kBulk).path;
  EXPECT_EQ(first + second + third, 3);
  EXPECT_NE(first, second);
  EXPECT_NE(second, third);
  EXPECT_EQ(paths.choose(kBulk).path, first);
}

TEST(RoundRobin, SharesFollowTheRates) {
  ScheduledPaths paths(TrafficPolicy::kRoundRobin);
  paths.add({.rate_bps = 90'000'000});
  paths.add({.id = 1, .rate_bps = 30'000'000});
  paths.update();
  auto octets = placed(paths, 4000);
  EXPECT_NEAR(octets[0] / octets[1], 3, 0.1);
}

TEST(RoundRobin, WhoHasNoBudgetLosesItsTurnAndDoesNotCatchUpMuch) {
  ScheduledPaths paths(TrafficPolicy::kRoundRobin);
  paths.add({.rate_bps = 50'000'000});
  paths.add({.id = 1, .rate_bps = 50'000'000});
  paths.update();
  paths.views[1].budget_bytes = 0;
  EXPECT_EQ(placed(paths, 1000).size(), 1u);
  paths.views[1].budget_bytes = 1'000'000;
  paths.update();
  auto octets = placed(paths, 1000);
  EXPECT_NEAR(octets[0] / octets[1], 1, 0.05);
}

TEST(RoundRobin, OneThatComesGetsItsShareFromNowOn) {
  ScheduledPaths paths(TrafficPolicy::kRoundRobin);
  paths.add({});
  paths.update();
  placed(paths, 10'000);
  paths.add({.id = 1});
  paths.update();
  auto octets = placed(paths, 1000);
  EXPECT_NEAR(octets[0] / octets[1], 1, 0.05);
}

TEST(RoundRobin, PathsOfLowerPriorityRest) {
  ScheduledPaths paths(TrafficPolicy::kRoundRobin);
  paths.add({.priority = 1});
  paths.add({.id = 1});
  paths.update();
  EXPECT_EQ(placed(paths, 100).size(), 1u);
}

}  // namespace
}  // namespace hawser
