// SPDX-License-Identifier: Apache-2.0
#include "multipath/scheduler.h"

#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using testing::at;
using testing::make_view;
using testing::ScheduledPaths;
using enum TrafficClass;

Chunk bulk(std::uint32_t packets) { return {.octets = packets * 1500, .packets = packets}; }

TEST(ChunkLimit, IsTwoMillisecondsAtMostAndEightPacketsWhereTheyFit) {
  const auto limit = [](std::uint64_t rate) {
    return chunk_limit(make_view({.rate_bps = rate}), bulk(43));
  };
  EXPECT_EQ(limit(1'000'000), 1500u) << "a packet, though it takes 12 ms";
  EXPECT_EQ(limit(10'000'000), 2500u) << "2 ms";
  EXPECT_EQ(limit(60'000'000), 12'000u) << "eight packets in 1.6 ms";
  EXPECT_EQ(limit(200'000'000), 25'000u) << "1 ms";
  EXPECT_GE(limit(0), 64'500u) << "a super-packet is not cut";
}

TEST(ChunkLimit, IsTheBudgetAtMost) {
  PathView view = make_view({.rate_bps = 200'000'000});
  view.budget_bytes = 4000;
  EXPECT_EQ(chunk_limit(view, bulk(43)), 4000u);
  view.budget_bytes = 100;
  EXPECT_EQ(chunk_limit(view, bulk(43)), 1500u);
}

TEST(Scheduler, BulkWaitsForBudgetAndKnowsWhen) {
  PathView view = make_view({.rate_bps = 12'000'000});
  view.budget_bytes = 300;
  EXPECT_FALSE(has_budget(view, bulk(4)));
  EXPECT_EQ(budget_time(view, bulk(4)), TimePoint(std::chrono::microseconds(800)));
  view.budget_bytes = 1500;
  EXPECT_TRUE(has_budget(view, bulk(4)));
  view.budget_bytes = 0;
  EXPECT_TRUE(has_budget(view, {.traffic_class = kInteractive, .octets = 100}));
  view.rate_bps = 1;
  EXPECT_EQ(budget_time(view, bulk(4)), TimePoint(Milliseconds(10))) << "not for ever";
}

TEST(Scheduler, SendingTime) {
  EXPECT_EQ(sending_time(make_view({}), 1'000'000), Duration(0));
  EXPECT_EQ(sending_time(make_view({.rate_bps = 8'000'000}), 1'000'000), Duration(Seconds(1)));
  EXPECT_GT(sending_time(make_view({.rate_bps = 1}), ~std::uint64_t{0}), Duration(Seconds(1)));
}

class EachPolicy : public ::testing::TestWithParam<std::size_t> {
 protected:
  ScheduledPaths paths{static_cast<TrafficPolicy>(GetParam())};
};

TEST_P(EachPolicy, NoPathIsNowhere) {
  paths.add({.state = PathState::kFailed});
  paths.add({.id = 1, .state = PathState::kValidating});
  paths.update();
  for (const TrafficClass traffic_class : {kRealTime, kInteractive, kBulk}) {
    const PathChoice choice = paths.choose(traffic_class);
    EXPECT_EQ(choice.path, kNoPathIndex);
    EXPECT_EQ(choice.retry_at, std::nullopt);
  }
}

TEST_P(EachPolicy, OnePathThatIsNotConstrainedIsUsedStraight) {
  paths.add({});
  paths.update();
  for (const TrafficClass traffic_class : {kRealTime, kInteractive, kBulk}) {
    const PathChoice choice = paths.choose(traffic_class, 43);
    EXPECT_EQ(choice.path, 0);
    EXPECT_EQ(choice.second, kNoPathIndex);
    EXPECT_GE(choice.octets, 43u * 1500);
  }
}

TEST_P(EachPolicy, ASuspectPathIsTheLastResort) {
  paths.add({.state = PathState::kSuspect});
  paths.add({.id = 1, .delay = Milliseconds(300)});
  paths.run(Seconds(1));
  for (std::uint32_t flow = 0; flow < 20; ++flow) {
    EXPECT_EQ(paths.choose(kInteractive, 1, flow).path, 1);
  }
  paths.views[1].state = PathState::kFailed;
  paths.update();
  EXPECT_EQ(paths.choose(kInteractive).path, 0);
}

TEST_P(EachPolicy, WithoutBudgetBulkWaitsAndVoiceDoesNot) {
  paths.add({.rate_bps = 10'000'000});
  paths.add({.id = 1, .rate_bps = 10'000'000});
  for (PathView& view : paths.views) view.budget_bytes = 700;
  paths.update();
  EXPECT_NE(paths.choose(kRealTime).path, kNoPathIndex);
  const PathChoice choice = paths.choose(kBulk);
  EXPECT_EQ(choice.path, kNoPathIndex);
  ASSERT_TRUE(choice.retry_at);
  EXPECT_GT(*choice.retry_at, at(paths.now));
  EXPECT_LE(*choice.retry_at, at(paths.now + Milliseconds(10)));
}

TEST_P(EachPolicy, IsTakenOverAtRunTimeAtOnce) {
  ScheduledPaths other(TrafficPolicy::kAggregate);
  other.add({});
  other.run(Seconds(1));
  const double score = other.selector.ranking().score(kBulk, 0).value();
  const auto policy = static_cast<TrafficPolicy>(GetParam());
  other.selector.set_policies({.by_class = {policy, policy, policy}});
  EXPECT_EQ(other.choose(kBulk).path, 0);
  EXPECT_EQ(other.selector.ranking().score(kBulk, 0).value(), score);
  EXPECT_EQ(other.selector.policies()[kBulk], policy);
}

INSTANTIATE_TEST_SUITE_P(Policies, EachPolicy, ::testing::Range<std::size_t>(0, kTrafficPolicies),
                         [](const auto& policy) {
                           std::string name(to_string(static_cast<TrafficPolicy>(policy.param)));
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace hawser
