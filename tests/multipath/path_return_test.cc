// SPDX-License-Identifier: Apache-2.0
// How a path comes back: at once where all depends on it, and else only when it holds.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/multipath/life_pair.h"

namespace hawser::test {
namespace {

void run_until_state(LifePair& pair, PathState state, Duration length) {
  ASSERT_TRUE(pair.run_until([&] { return pair.client().life.state() == state; }, length))
      << pair.story(pair.client());
}

TEST(PathReturn, OnlyHopeIsBackWithinASecondWhateverTheLinkIsLike) {
  Duration worst{0};
  std::vector<Duration> times;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    SeededRandom random(seed);
    const Wire wire{.delay = Milliseconds(2 + random.below(120)),
                    .jitter = Milliseconds(random.below(10)),
                    .loss = static_cast<double>(random.below(50)) / 1000};
    LifePair pair({.seed = seed, .full_frame = 1400, .wire = wire});
    pair.client().life.set_only_hope(true, pair.now());
    pair.server().life.set_only_hope(true, pair.now());
    pair.begin_proven();
    if (random.chance(0.5)) pair.talk(random.chance(0.7), random.chance(0.7));
    pair.run_for(Milliseconds(500 + random.below(3000)));
    pair.set_down(true);
    pair.run_for(Milliseconds(4000 + random.below(70'000)));
    ASSERT_EQ(pair.client().life.state(), PathState::kFailed) << seed;
    const TimePoint since = pair.now();
    pair.set_down(false);
    ASSERT_TRUE(pair.run_until(
        [&] {
          return pair.client().life.state() == PathState::kActive &&
                 pair.server().life.state() == PathState::kActive;
        },
        Seconds(20)))
        << seed << "\n"
        << pair.story(pair.client()) << pair.story(pair.server());
    times.push_back(pair.now() - since);
  }
  std::ranges::sort(times);
  const auto in_ms = [](Duration time) { return std::chrono::ceil<Milliseconds>(time).count(); };
  RecordProperty("median_ms", std::to_string(in_ms(times[500])));
  RecordProperty("worst_ms", std::to_string(in_ms(times.back())));
  EXPECT_LE(times.back(), Seconds(1));
}

TEST(PathReturn, WithOthersThereItHasToHoldForASecond) {
  LifePair pair({.full_frame = 1400});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.set_down(true);
  pair.run_for(Seconds(5));
  ASSERT_EQ(pair.client().life.state(), PathState::kFailed);
  pair.set_down(false);
  const TimePoint since = pair.now();
  run_until_state(pair, PathState::kStandby, Seconds(2));
  const TimePoint answered = pair.now();
  EXPECT_LE(answered - since, Milliseconds(1100));
  run_until_state(pair, PathState::kActive, Seconds(3));
  EXPECT_GE(pair.now() - answered, Seconds(1));
  EXPECT_LE(pair.now() - answered, Milliseconds(1300));
}

TEST(PathReturn, ShortSilenceIsForgivenOnce) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.set_down(true);
  run_until_state(pair, PathState::kSuspect, Seconds(1));
  pair.set_down(false);
  run_until_state(pair, PathState::kActive, Milliseconds(60));
  EXPECT_EQ(pair.client().changes.size(), 3u) << pair.story(pair.client());
}

TEST(PathReturn, FlappingPathIsWatchedForLongerEachTime) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  std::vector<Duration> away;
  for (int i = 0; i < 9; ++i) {
    pair.run_for(Seconds(2));
    pair.set_down(true);
    pair.run_for(Seconds(4));
    pair.set_down(false);
    const TimePoint since = pair.now();
    run_until_state(pair, PathState::kActive, Seconds(90));
    away.push_back(pair.now() - since);
  }
  EXPECT_LE(away[0], Milliseconds(2500));
  for (std::size_t i = 1; i < away.size(); ++i) {
    EXPECT_GE(away[i], std::min<Duration>(away[i - 1], Seconds(60))) << i;
    EXPECT_LE(away[i], Seconds(63)) << i;
  }
  EXPECT_GE(away[6], Seconds(60));
}

TEST(PathReturn, LinkThatFlapsDoesNotTakeItsPathAlong) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(1));
  // Up and down each half a second for a minute.
  for (int i = 0; i < 60; ++i) {
    pair.client().life.handle_link(false, "eth0 has no carrier", pair.now());
    pair.set_down(true);
    pair.run_for(Milliseconds(500));
    pair.set_down(false);
    pair.client().life.handle_link(true, "", pair.now());
    pair.run_for(Milliseconds(500));
  }
  const auto became_active =
      std::ranges::count(pair.client().changes, PathState::kActive, &LifeEnd::Change::to);
  EXPECT_EQ(became_active, 1) << pair.story(pair.client());
}

TEST(PathReturn, HalfADeadPathDoesNotComeBack) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.set_down(true);
  pair.run_for(Seconds(5));
  pair.wires[1].is_down = false;  // the client hears, and is not heard
  pair.run_for(Seconds(20));
  EXPECT_EQ(pair.client().life.state(), PathState::kFailed);
  EXPECT_EQ(pair.server().life.state(), PathState::kFailed);
}

TEST(PathReturn, FailedPathIsAskedEagerlyOnlyWhileAllDependsOnIt) {
  for (const bool is_only_hope : {true, false}) {
    LifePair pair({});
    pair.client().life.set_only_hope(is_only_hope, pair.now());
    pair.begin_proven();
    pair.run_for(Seconds(2));
    pair.set_down(true);
    pair.run_for(Seconds(20));
    const std::uint64_t before = pair.client().probes;
    pair.run_for(Seconds(60));
    const double per_second = static_cast<double>(pair.client().probes - before) / 60;
    if (is_only_hope) {
      EXPECT_NEAR(per_second, 5, 0.1);
    } else {
      EXPECT_NEAR(per_second, 1, 0.05);
    }
  }
}

TEST(PathReturn, BrownOutEndsWhenTheLinkIsWellAgain) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    LifePair pair({.seed = seed});
    pair.begin_proven();
    pair.talk();
    pair.run_for(Seconds(5));
    pair.set_wires({.loss = 0.3});
    run_until_state(pair, PathState::kStandby, Seconds(2));
    const TimePoint since = pair.now();
    // What leaves the path with its traffic still has its probes.
    pair.talk(false, false);
    pair.run_for(Seconds(20));
    EXPECT_FALSE(pair.when(pair.client(), PathState::kActive, since)) << pair.story(pair.client());
    pair.set_wires({});
    run_until_state(pair, PathState::kActive, Seconds(15));
  }
}

TEST(PathReturn, AnOnlyPathIsUsedEvenIfItIsBad) {
  LifePair pair({});
  pair.begin_proven();
  pair.client().life.set_only_hope(true, pair.now());
  pair.talk();
  pair.run_for(Seconds(5));
  pair.set_wires({.loss = 0.25});
  pair.run_for(Seconds(10));
  const auto stood_by =
      std::ranges::count(pair.client().changes, PathState::kStandby, &LifeEnd::Change::to);
  EXPECT_EQ(stood_by, 0) << pair.story(pair.client());
}

}  // namespace
}  // namespace hawser::test
