// SPDX-License-Identifier: Apache-2.0
// How soon a path is left that stopped working, and that one which works is not.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/multipath/life_pair.h"

namespace hawser::test {
namespace {

struct Departures {
  std::vector<Duration> times;
  void add(const LifeEnd& end, TimePoint since) {
    std::optional<TimePoint> left;
    for (const auto& change : end.changes) {
      if (change.when >= since && !left) left = change.when;
    }
    times.push_back(left ? *left - since : Duration(Seconds(1000)));
  }
  Milliseconds percentile(double share) {
    std::ranges::sort(times);
    const auto index = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
    return std::chrono::ceil<Milliseconds>(times[index]);
  }
};

// For the figures in reports: --gtest_output=xml.
void record(const std::string& name, Departures& departures) {
  testing::Test::RecordProperty(name + "_median_ms",
                                std::to_string(departures.percentile(0.5).count()));
  testing::Test::RecordProperty(name + "_worst_ms",
                                std::to_string(departures.percentile(1).count()));
}

struct Blackhole {
  Duration one_way;
  bool is_client_dead;  // its sending direction
  bool is_server_dead;
};

class BlackholeTest : public testing::TestWithParam<Blackhole> {};

// The goal is a gap of 100 ms and two round trips. The gap begins with the first packet that is
// lost, and ends a packet after the path was left.
TEST_P(BlackholeTest, IsLeftInTimeByWhoSpeaksIntoIt) {
  const Blackhole& hole = GetParam();
  Departures departures;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    LifePair pair({.seed = seed, .wire = {.delay = hole.one_way, .jitter = hole.one_way / 50}});
    pair.begin_proven();
    pair.talk();
    pair.run_for(Seconds(3) + Milliseconds(seed * 7));
    ASSERT_TRUE(pair.client().changes.size() == 1) << pair.story(pair.client());
    const TimePoint since = pair.now();
    pair.wires[0].is_down = hole.is_client_dead;
    pair.wires[1].is_down = hole.is_server_dead;
    pair.run_for(Seconds(3));
    if (hole.is_client_dead) departures.add(pair.client(), since);
    if (hole.is_server_dead) departures.add(pair.server(), since);
  }
  const Duration limit = Milliseconds(100) + 4 * hole.one_way;
  EXPECT_LE(departures.percentile(0.5), limit - Milliseconds(20));
  EXPECT_LE(departures.percentile(1), limit);
  record("departure", departures);
}

INSTANTIATE_TEST_SUITE_P(RoundTrips, BlackholeTest,
                         testing::Values(Blackhole{Milliseconds(1), true, true},
                                         Blackhole{Milliseconds(20), true, true},
                                         Blackhole{Milliseconds(60), true, true},
                                         Blackhole{Milliseconds(160), true, true},
                                         Blackhole{Milliseconds(1), true, false},
                                         Blackhole{Milliseconds(20), true, false},
                                         Blackhole{Milliseconds(20), false, true},
                                         Blackhole{Milliseconds(160), true, false}));

TEST(PathFailure, OneWayVoiceLeavesInTimeAsWell) {
  Departures departures;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    LifePair pair({.seed = seed});
    pair.begin_proven();
    pair.talk(true, false);
    pair.run_for(Seconds(3) + Milliseconds(seed * 7));
    const TimePoint since = pair.now();
    pair.set_down(true);
    pair.run_for(Seconds(3));
    departures.add(pair.client(), since);
  }
  record("departure", departures);
  EXPECT_LE(departures.percentile(0.5), Milliseconds(180));
  EXPECT_LE(departures.percentile(1), Milliseconds(220));
}

TEST(PathFailure, IdlePathIsKnownToBeDeadWithinASecondAndAHalf) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    LifePair pair({.seed = seed});
    pair.begin_proven();
    pair.run_for(Seconds(5) + Milliseconds(seed * 97));
    const TimePoint since = pair.now();
    pair.set_down(true);
    pair.run_for(Seconds(4));
    const auto left = pair.when(pair.client(), PathState::kSuspect, since);
    ASSERT_TRUE(left);
    EXPECT_LE(*left - since, Milliseconds(1200)) << pair.story(pair.client());
    EXPECT_TRUE(pair.when(pair.client(), PathState::kFailed, since));
  }
}

// Packets in dense runs with pauses between, as of a host that asks and thinks.
TEST(PathFailure, PausesAreAskedAboutAndNothingElseHappens) {
  LifePair pair({.wire = {.jitter = Milliseconds(2), .loss = 0.001}});
  pair.begin_proven();
  pair.run_for(Seconds(2));
  for (int i = 0; i < 600; ++i) {
    for (LifeEnd* end : {&pair.client(), &pair.server()}) {
      end->stream = Milliseconds(1);
      end->next_data = pair.now();
    }
    pair.run_for(Milliseconds(30));
    for (LifeEnd* end : {&pair.client(), &pair.server()}) end->next_data.reset();
    pair.run_for(Milliseconds(70 + i % 50));
  }
  for (const LifeEnd* end : {&pair.client(), &pair.server()}) {
    EXPECT_EQ(end->changes.size(), 1u) << pair.story(*end);
    EXPECT_LE(end->probes, static_cast<std::uint64_t>(60 * 4 * 6));
  }
}

TEST(PathFailure, DenseOneWayStreamLeavesABlackholeInTime) {
  Departures departures;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    LifePair pair({.seed = seed});
    pair.begin_proven();
    pair.client().stream = Milliseconds(1);
    pair.client().next_data = pair.now();
    pair.run_for(Seconds(3) + Milliseconds(seed * 7));
    ASSERT_EQ(pair.client().changes.size(), 1u) << pair.story(pair.client());
    const TimePoint since = pair.now();
    pair.set_down(true);
    pair.run_for(Seconds(3));
    departures.add(pair.client(), since);
  }
  record("departure", departures);
  EXPECT_LE(departures.percentile(1), Milliseconds(180));
}

TEST(PathFailure, LinkDownIsFailureAtOnceAndSilencesThePath) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.client().life.handle_link(false, "eth0 has no carrier", pair.now());
  EXPECT_EQ(pair.client().life.state(), PathState::kFailed);
  EXPECT_EQ(pair.client().life.reason(), "eth0 has no carrier");
  const std::uint64_t probes = pair.client().probes;
  pair.set_down(true);
  pair.run_for(Seconds(5));
  EXPECT_EQ(pair.client().probes, probes);
}

TEST(PathFailure, SuspectPathGetsProbesOfTenMillisecondsForTwoSecondsAtMost) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.set_down(true);
  const TimePoint since = pair.now();
  const std::uint64_t before = pair.client().probes;
  ASSERT_TRUE(
      pair.run_until([&] { return pair.client().life.state() == PathState::kFailed; }, Seconds(3)));
  const Duration taken = pair.now() - since;
  EXPECT_LE(taken, Milliseconds(2300));
  EXPECT_GE(pair.client().probes - before, static_cast<std::uint64_t>(90));
  EXPECT_LE(pair.client().probes - before, static_cast<std::uint64_t>(taken / Milliseconds(10)));
}

struct Sound {
  const char* name;
  Wire wire;
  bool client_talks;
  bool server_talks;
  unsigned probes_per_minute;  // at most
};

class SoundPathTest : public testing::TestWithParam<Sound> {};

TEST_P(SoundPathTest, StaysActiveAndIsHardlyProbed) {
  const Sound& sound = GetParam();
  for (unsigned seed = 1; seed <= 4; ++seed) {
    LifePair pair({.seed = seed, .wire = sound.wire});
    pair.begin_proven();
    if (sound.client_talks || sound.server_talks) pair.talk(sound.client_talks, sound.server_talks);
    pair.run_for(Seconds(300));
    for (LifeEnd* end : {&pair.client(), &pair.server()}) {
      EXPECT_EQ(end->changes.size(), 1u) << pair.story(*end);
      EXPECT_LE(end->probes, sound.probes_per_minute * 5) << sound.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Wires, SoundPathTest,
    testing::Values(Sound{"idle", {}, false, false, 61}, Sound{"voice", {}, true, true, 5},
                    Sound{"one-way voice", {}, true, false, 70},
                    Sound{"jitter of 5 ms", {.jitter = Milliseconds(5)}, true, true, 30},
                    Sound{"jitter of 20 ms", {.jitter = Milliseconds(20)}, true, true, 400},
                    Sound{"2 % loss", {.loss = 0.02}, true, true, 600},
                    Sound{"lte",
                          {.delay = Milliseconds(45), .jitter = Milliseconds(8), .loss = 0.005},
                          true,
                          true,
                          400},
                    Sound{"congested",
                          {.delay = Milliseconds(60), .jitter = Milliseconds(25), .loss = 0.02},
                          true,
                          true,
                          900},
                    Sound{"satellite",
                          {.delay = Milliseconds(320), .jitter = Milliseconds(20), .loss = 0.005},
                          true,
                          true,
                          400},
                    Sound{"idle with 2 % loss", {.loss = 0.02}, false, false, 120}),
    [](const auto& wires) {
      std::string name = wires.param.name;
      std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
      return name;
    });

TEST(BrownOut, LossOfAFifthIsLeftWithinHalfASecondMostly) {
  Departures departures;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    LifePair pair({.seed = seed});
    pair.begin_proven();
    pair.talk();
    pair.run_for(Seconds(5) + Milliseconds(seed * 7));
    const TimePoint since = pair.now();
    pair.set_wires({.loss = 0.2});
    pair.run_for(Seconds(5));
    departures.add(pair.client(), since);
  }
  record("departure", departures);
  EXPECT_LE(departures.percentile(0.5), Milliseconds(500));
  EXPECT_LE(departures.percentile(0.9), Milliseconds(800));
}

// With 3 % of loss four of 30 packets are lost every few minutes.
TEST(BrownOut, ALossOfThreeInAHundredIsNone) {
  std::size_t changes = 0;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    LifePair pair({.seed = seed, .wire = {.loss = 0.03}});
    pair.begin_proven();
    pair.talk();
    pair.run_for(Seconds(300));
    changes += pair.client().changes.size() + pair.server().changes.size() - 2;
  }
  std::cout << changes << " changes in 500 minutes\n";
  EXPECT_LE(changes, 10);
}

TEST(BrownOut, RoundTripFiveTimesAsLongIsLeftWithinHalfASecond) {
  for (const Duration one_way : {Milliseconds(20), Milliseconds(35)}) {
    Departures departures;
    for (unsigned seed = 1; seed <= 30; ++seed) {
      LifePair pair({.seed = seed, .wire = {.delay = one_way, .jitter = Milliseconds(1)}});
      pair.begin_proven();
      pair.talk();
      pair.run_for(Seconds(5) + Milliseconds(seed * 7));
      const TimePoint since = pair.now();
      pair.set_wires({.delay = one_way * 5, .jitter = Milliseconds(1)});
      pair.run_for(Seconds(3));
      departures.add(pair.client(), since);
      EXPECT_NE(pair.client().life.state(), PathState::kActive) << pair.story(pair.client());
    }
    record("departure", departures);
    EXPECT_LE(departures.percentile(1), Milliseconds(500));
  }
}

}  // namespace
}  // namespace hawser::test
