// SPDX-License-Identifier: Apache-2.0
#include "multipath/lowest_latency.h"

#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::ScheduledPaths;
using testing::ViewOptions;
using enum TrafficClass;

// What is chosen for as long as the fast path has no budget: after how long the slow one is.
std::optional<Duration> goes_round_after(const ViewOptions& fast, const ViewOptions& slow,
                                         TrafficClass traffic_class = kBulk) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(fast);
  paths.add(slow);
  paths.run(Seconds(1));
  EXPECT_EQ(paths.choose(traffic_class).path, 0);
  paths.views[0].budget_bytes = 0;
  for (Duration waited{0}; waited < Seconds(1); waited += Milliseconds(1)) {
    if (paths.choose(traffic_class).path == 1) return waited;
    paths.now += Milliseconds(1);
  }
  return std::nullopt;
}

constexpr ViewOptions kFast{.delay = Milliseconds(10), .rate_bps = 10'000'000};
constexpr ViewOptions slow(Milliseconds delay, std::uint32_t id = 1) {
  return {.id = id, .delay = delay, .rate_bps = 5'000'000};
}

TEST(LowestLatency, GoesRoundWhenItHasWaitedForLongerThanTheDetourTakes) {
  EXPECT_EQ(goes_round_after(kFast, slow(Milliseconds(35))), Milliseconds(35));
  EXPECT_EQ(goes_round_after(kFast, slow(Milliseconds(48))), Milliseconds(48));
}

TEST(LowestLatency, ComesBackAsSoonAsThePrimaryPathHasBudget) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(kFast);
  paths.add(slow(Milliseconds(12)));
  paths.run(Seconds(1));
  paths.views[0].budget_bytes = 0;
  const PathChoice none = paths.choose(kBulk);
  EXPECT_EQ(none.path, kNoPathIndex);
  EXPECT_TRUE(none.retry_at);
  paths.now += Milliseconds(13);
  EXPECT_EQ(paths.choose(kBulk).path, 1);
  paths.views[0].budget_bytes = 1500;
  EXPECT_EQ(paths.choose(kBulk).path, 0);
  paths.now += Milliseconds(30);
  paths.views[0].budget_bytes = 0;
  EXPECT_EQ(paths.choose(kBulk).path, kNoPathIndex) << "a new need";
}

TEST(LowestLatency, WhatDoesNotWaitHasNoNeedToGoRound) {
  EXPECT_EQ(goes_round_after(kFast, slow(Milliseconds(12)), kInteractive), std::nullopt);
  EXPECT_EQ(goes_round_after(kFast, slow(Milliseconds(12)), kRealTime), std::nullopt);
}

TEST(LowestLatency, NeitherALowerPriorityNorMoneyNorLossIsAWayRound) {
  ViewOptions preferred = kFast;
  preferred.priority = 1;
  EXPECT_EQ(goes_round_after(preferred, slow(Milliseconds(20))), std::nullopt);
  ViewOptions metered = slow(Milliseconds(20));
  metered.metered = true;
  EXPECT_EQ(goes_round_after(kFast, metered), std::nullopt);
  ViewOptions lossy = slow(Milliseconds(20));
  lossy.loss = 0.2;
  EXPECT_EQ(goes_round_after(kFast, lossy), std::nullopt);
}

TEST(LowestLatency, OfSeveralWaysRoundTheShortestThatHasBudget) {
  ScheduledPaths paths(TrafficPolicy::kLowestLatency);
  paths.add(kFast);
  paths.add(slow(Milliseconds(30)));
  paths.add(slow(Milliseconds(20), 2));
  paths.run(Seconds(1));
  for (const std::size_t spent : {0u, 2u}) paths.views[spent].budget_bytes = 0;
  paths.choose(kBulk);
  for (int i = 0; i < 3; ++i) {
    paths.now += Milliseconds(15);
    paths.choose(kBulk);
  }
  EXPECT_EQ(paths.choose(kBulk).path, 1);
  paths.views[2].budget_bytes = 1500;
  EXPECT_EQ(paths.choose(kBulk).path, 2);
}

}  // namespace
}  // namespace hawser
