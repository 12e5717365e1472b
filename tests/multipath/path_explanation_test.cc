// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/multipath/scheduled_paths.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;
using testing::ScheduledPaths;
using enum TrafficClass;

const std::vector<std::string> kNames{"fibre", "lte", "dsl", "sat"};

struct Why : ScheduledPaths {
  explicit Why(TrafficPolicy policy, ScheduleOptions options = {})
      : ScheduledPaths(policy, options) {}

  PathUse of(std::size_t path, TrafficClass traffic_class) {
    return explain_paths(views, kNames, selector)
        .at(path)
        .at(static_cast<std::size_t>(traffic_class));
  }
};

TEST(PathExplanation, SaysWhyAPathIsOutForBulk) {
  Why why(TrafficPolicy::kAggregate);
  why.add({.delay = Milliseconds(20), .rate_bps = 50'000'000});
  why.add({.id = 1, .delay = Milliseconds(52), .rate_bps = 30'000'000});
  why.add({.id = 2, .loss = 0.22});
  why.add({.id = 3, .delay = Milliseconds(300)});
  why.run(Seconds(1));
  EXPECT_EQ(why.of(0, kBulk).why, "it carries what fits, up to 50 Mbit/s");
  EXPECT_EQ(why.of(1, kBulk).why, "when fibre is full: its delay is 32 ms above fibre's");
  EXPECT_EQ(why.of(2, kBulk).why, "it loses 22 % of its packets");
  EXPECT_EQ(why.of(3, kBulk).why,
            "its delay is 280 ms above fibre's, more than the 200 ms that are evened out");
  for (const std::size_t path : {0u, 1u}) EXPECT_TRUE(why.of(path, kBulk).used);
  for (const std::size_t path : {2u, 3u}) EXPECT_FALSE(why.of(path, kBulk).used);
}

TEST(PathExplanation, SaysThatASlowPathWouldAddLittle) {
  Why why(TrafficPolicy::kAggregate);
  why.add({.delay = Milliseconds(8), .rate_bps = 300'000'000});
  why.add({.id = 1, .delay = Milliseconds(40), .rate_bps = 30'000'000});
  why.run(Seconds(2));
  why.add({.id = 2, .delay = Milliseconds(108), .rate_bps = 30'000'000});
  why.run(Seconds(2));
  EXPECT_EQ(why.of(1, kBulk).why,
            "for what would wait over 40 ms for fibre: it would add little to it");
  EXPECT_TRUE(why.of(1, kBulk).used);
  EXPECT_EQ(why.of(2, kBulk).why, "its delay is 100 ms above fibre's, and it would add little");
  EXPECT_FALSE(why.of(2, kBulk).used);
}

TEST(PathExplanation, SaysWhatMustComeForAPathToComeBack) {
  Why why(TrafficPolicy::kAggregate);
  why.add({});
  why.add({.id = 1, .delay = Milliseconds(230)});
  why.run(Seconds(1));
  why.views[1] = testing::make_view({.id = 1, .delay = Milliseconds(190)});
  why.update();
  EXPECT_EQ(why.of(1, kBulk).why,
            "its delay is 170 ms above fibre's, and was more: it comes back at 160 ms");
}

TEST(PathExplanation, SaysWhoCarriesCopies) {
  Why why(TrafficPolicy::kDuplicate);
  why.add({.delay = Milliseconds(8)});
  why.add({.id = 1, .state = PathState::kStandby, .delay = Milliseconds(40), .metered = true});
  why.add({.id = 2, .state = PathState::kFailed});
  why.run(Seconds(1));
  EXPECT_TRUE(why.of(0, kRealTime).used);
  EXPECT_THAT(why.of(0, kRealTime).why, HasSubstr("no other carries copies"));
  EXPECT_FALSE(why.of(1, kRealTime).used);
  EXPECT_EQ(why.of(1, kRealTime).why, "it is metered, and fibre carries real-time traffic alone");
  EXPECT_EQ(why.of(2, kRealTime).why, "it failed");
  why.views[2].state = PathState::kActive;
  why.update();
  EXPECT_TRUE(why.of(2, kRealTime).used);
  EXPECT_THAT(why.of(2, kRealTime).why, HasSubstr("copies, up to 10 % of its rate"));
  why.views[2].group = why.views[0].group;
  why.update();
  EXPECT_EQ(why.of(2, kRealTime).why, "it would fail together with fibre");
}

TEST(PathExplanation, SaysWhyAnotherIsTheBest) {
  Why why(TrafficPolicy::kLowestLatency);
  why.add({.delay = Milliseconds(8)});
  why.add({.id = 1, .delay = Milliseconds(40), .loss = 0.01});
  why.add({.id = 2, .delay = Milliseconds(8), .metered = true});
  why.add({.id = 3, .priority = -1});
  why.run(Seconds(1));
  EXPECT_THAT(why.of(0, kInteractive).why, HasSubstr("the primary path"));
  EXPECT_EQ(why.of(1, kInteractive).why,
            "its delay is 32 ms above fibre's, and it loses 1 % of its packets");
  EXPECT_EQ(why.of(2, kInteractive).why, "it is metered");
  EXPECT_EQ(why.of(3, kInteractive).why, "fibre has priority 0, this -1");
  EXPECT_GT(why.of(0, kInteractive).score, why.of(1, kInteractive).score);
}

TEST(PathExplanation, SaysThatAChangeWaits) {
  Why why(TrafficPolicy::kFailover);
  why.add({});
  why.add({.id = 1, .delay = Milliseconds(60)});
  why.run(Seconds(1));
  why.views[0].state = PathState::kSuspect;
  why.update();
  EXPECT_EQ(why.of(0, kBulk).why, "it is silent, and lte is not");
  EXPECT_EQ(why.of(1, kBulk).why, "it is the only path that is up");
  why.views[0].state = PathState::kActive;
  why.run(Seconds(3));
  EXPECT_EQ(why.of(0, kBulk).why, "lte was better until now, and a change waits for a while");
}

TEST(PathExplanation, SaysWhatKeepsOffEachState) {
  Why why(TrafficPolicy::kFailover);
  why.add({});
  why.add({.id = 1, .state = PathState::kStandby});
  why.add({.id = 2, .state = PathState::kValidating});
  why.add({.id = 3, .state = PathState::kDisabled});
  why.run(Seconds(1));
  EXPECT_EQ(why.of(1, kBulk).why, "it is on standby, and fibre carries bulk traffic");
  EXPECT_EQ(why.of(2, kBulk).why, "the peer has not answered on it yet");
  EXPECT_EQ(why.of(3, kBulk).why, "it is switched off");
  why.views[0].state = PathState::kFailed;
  why.update();
  EXPECT_EQ(why.of(1, kBulk).why, "no active path is left");
  EXPECT_TRUE(why.of(1, kBulk).used);
}

// What is said is what is done: each path is used for a class if and only if a choice ever falls on
// it, in random surroundings.
TEST(PathExplanation, IsTrue) {
  std::uint32_t random = 1;
  const auto draw = [&random](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 8) % below;
  };
  for (int round = 0; round < 600; ++round) {
    SCOPED_TRACE(round);
    const auto policy = static_cast<TrafficPolicy>(draw(kTrafficPolicies));
    Why why(policy, {.duplicate_on_metered = draw(2) == 0});
    const std::uint32_t count = 1 + draw(4);
    for (std::uint32_t id = 0; id < count; ++id) {
      why.add({.id = id,
               .state = static_cast<PathState>(draw(4) == 0 ? draw(7) : 2),
               .delay = Milliseconds(5 + draw(4) * 90),
               .loss = draw(5) == 0 ? 0.3 : 0.0,
               .priority = draw(4) == 0 ? 1 : 0,
               .metered = draw(4) == 0,
               .rate_bps = 10'000'000 + draw(4) * 5'000'000});
      why.views.back().group = draw(4) == 0 ? 0 : id;
    }
    why.run(Milliseconds(200));
    for (const TrafficClass traffic_class : {kRealTime, kBulk}) {
      std::vector<bool> chosen(count);
      for (std::uint32_t i = 0; i < 4000; ++i) {
        why.now += std::chrono::microseconds(100);
        for (std::uint32_t path = 0; path < count; ++path) {
          why.views[path].budget_bytes = i < 1000 || i % 4 == path ? 30'000 : 0;
        }
        const PathChoice choice = why.choose(traffic_class, 1, i);
        if (choice.path != kNoPathIndex) chosen[choice.path] = true;
        if (choice.second != kNoPathIndex) chosen[choice.second] = true;
      }
      // Without a shortage, and for what does not wait, the slower ones are not called.
      for (std::uint32_t path = 0; path < count; ++path) {
        const PathUse use = why.of(path, traffic_class);
        const bool on_call = policy == TrafficPolicy::kAggregate && traffic_class == kRealTime;
        if (!use.used || !on_call) {
          EXPECT_EQ(use.used, chosen[path]) << to_string(policy) << " " << path << ": " << use.why;
        }
        EXPECT_FALSE(use.why.empty());
      }
    }
  }
}

}  // namespace
}  // namespace hawser
