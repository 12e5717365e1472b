// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/multipath/path_views.h"

namespace hawser {
namespace {

using testing::at;
using ::testing::ElementsAre;
using testing::make_view;
using testing::ViewOptions;

constexpr TrafficClass kClass = TrafficClass::kInteractive;

class Rank : public ::testing::Test {
 protected:
  // Updates every 50 ms for as long.
  void run(Duration time) {
    for (const Duration end = now_ + time; now_ < end; now_ += Milliseconds(50)) {
      ranking_.update(views_, at(now_));
      while (const auto change = ranking_.poll_change()) {
        if (change->traffic_class == kClass) changes_.push_back(*change);
      }
    }
  }
  std::uint32_t primary() const {
    const std::uint8_t index = ranking_.primary(kClass);
    return index == kNoPathIndex ? 999 : views_[index].id.value();
  }
  PrimaryReason last_reason() const { return changes_.back().reason; }

  std::vector<PathView> views_;
  PathRanking ranking_;
  Duration now_{0};
  std::vector<PrimaryChange> changes_;
};

TEST_F(Rank, TheFirstPathIsUsedAtOnce) {
  views_ = {make_view({.id = 7, .delay = Milliseconds(200)})};
  run(Milliseconds(50));
  EXPECT_EQ(primary(), 7u);
  EXPECT_THAT(changes_,
              ElementsAre(PrimaryChange{kClass, std::nullopt, PathId(7), PrimaryReason::kFirst}));
}

TEST_F(Rank, ABetterOneThatComesIsUsedSoonButNotAtOnce) {
  views_ = {make_view({.id = 7, .delay = Milliseconds(200)})};
  run(Seconds(1));
  views_.insert(views_.begin(), make_view({.id = 2, .delay = Milliseconds(20)}));
  run(Milliseconds(900));
  EXPECT_EQ(primary(), 7u);
  run(Milliseconds(300));
  EXPECT_EQ(primary(), 2u);
  EXPECT_EQ(last_reason(), PrimaryReason::kBetter);
  EXPECT_EQ(views_[ranking_.order(kClass)[1]].id, PathId(7));
}

TEST_F(Rank, ALittleBetterIsNoReason) {
  views_ = {make_view({.delay = Milliseconds(22)}),
            make_view({.id = 1, .delay = Milliseconds(18)})};
  ranking_.update({views_.data(), 1}, at(now_));
  run(Seconds(60));
  EXPECT_EQ(primary(), 0u);
}

TEST_F(Rank, WhatGrewOldForWantOfDataMakesNoPathBetter) {
  views_ = {make_view({.delay = Milliseconds(30)}),
            make_view({.id = 1, .delay = Milliseconds(60), .loss = 0.05})};
  run(Seconds(20));
  views_[1].recent_loss = 0;
  views_[1].queue_gone = Milliseconds(50);
  run(Seconds(20));
  EXPECT_EQ(primary(), 0u);
  EXPECT_GT(ranking_.extra_delay(0), ranking_.extra_delay(1)) << "it may be tried again";
}

// It was left for what data met on it; without data only probes say what it is now.
TEST_F(Rank, APreferredPathIsUsedAgainThoughNoDataHasShownThatItIsWell) {
  views_ = {make_view({.id = 1, .priority = 10}), make_view({.id = 2})};
  run(Seconds(20));
  views_[0].estimate.loss = 0.9;
  run(Milliseconds(300));
  ASSERT_EQ(primary(), 2u);
  for (Duration idle = Milliseconds(50); idle < Seconds(20); idle += Milliseconds(50)) {
    views_[0].idle_for = idle;
    run(Milliseconds(50));
  }
  EXPECT_EQ(primary(), 1u);
}

TEST_F(Rank, AnIdlePathWhoseRoundTripIsStillLongIsNotUsedAgain) {
  views_ = {make_view({.id = 1, .priority = 10}), make_view({.id = 2})};
  run(Seconds(20));
  *views_[0].estimate.delay += Milliseconds(80);
  views_[0].estimate.queueing = Milliseconds(80);
  views_[0].estimate.rtt_latest = Milliseconds(120);
  run(Milliseconds(300));
  ASSERT_EQ(primary(), 2u);
  for (Duration idle = Milliseconds(50); idle < Seconds(20); idle += Milliseconds(50)) {
    views_[0].idle_for = idle;
    run(Milliseconds(50));
  }
  EXPECT_EQ(primary(), 2u);
  views_[0].estimate.rtt_latest = Milliseconds(40);
  run(Seconds(2));
  EXPECT_EQ(primary(), 1u);
}

TEST_F(Rank, ChangesForTheBetterAreTenSecondsApart) {
  views_ = {make_view({}), make_view({.id = 1})};
  for (int i = 0; i < 30; ++i) {
    views_[i % 2 == 0 ? 0 : 1] = make_view({.id = i % 2 == 0 ? 0u : 1u, .delay = Milliseconds(30)});
    views_[i % 2 == 0 ? 1 : 0] = make_view({.id = i % 2 == 0 ? 1u : 0u, .delay = Milliseconds(70)});
    for (PathView& view : views_) view.estimate.rtt_min = view.estimate.rtt;
    run(Seconds(3));
  }
  EXPECT_LE(changes_.size(), 1u + 9u) << "in 90 s";
  EXPECT_GE(changes_.size(), 4u);
}

TEST_F(Rank, NoiseOnStablePathsChangesNothing) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<double> noise;
    PathRanking ranking;
    int changes = 0;
    for (int i = 0; i < 2400; ++i) {
      for (const bool other : {false, true}) {
        ViewOptions options{.id = other ? 1u : 0u,
                            .delay = Milliseconds(20 + std::llround(2 * noise(generator))),
                            .jitter = Milliseconds(5 + std::llround(noise(generator))),
                            .loss = std::max(0.0, 0.02 + 0.006 * noise(generator))};
        if (views_.size() < 2) views_.emplace_back();
        views_[other ? 1 : 0] = make_view(options);
      }
      ranking.update(views_, at(i * Milliseconds(100)));
      while (const auto change = ranking.poll_change()) {
        changes += change->reason != PrimaryReason::kFirst;
      }
    }
    EXPECT_LE(changes, 3) << "three classes in four minutes, seed " << seed;
  }
}

TEST_F(Rank, ASuspectPrimaryIsLeftAtOnce) {
  views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(150)})};
  run(Seconds(1));
  ASSERT_EQ(primary(), 0u);
  views_[0].state = PathState::kSuspect;
  run(Milliseconds(50));
  EXPECT_EQ(primary(), 1u);
  EXPECT_EQ(last_reason(), PrimaryReason::kLeft);
  EXPECT_THAT(ranking_.order(kClass), ElementsAre(1));
  views_[0].state = PathState::kActive;
  run(Seconds(9));
  EXPECT_EQ(primary(), 1u) << "it comes back, and is not trusted yet";
  run(Seconds(2));
  EXPECT_EQ(primary(), 0u);
}

TEST_F(Rank, StandbyThenSuspectPathsAreTheLastResort) {
  views_ = {make_view({}), make_view({.id = 1, .state = PathState::kStandby}),
            make_view({.id = 2, .state = PathState::kSuspect}),
            make_view({.id = 3, .state = PathState::kFailed})};
  run(Milliseconds(50));
  EXPECT_THAT(ranking_.order(kClass), ElementsAre(0));
  views_[0].state = PathState::kFailed;
  run(Milliseconds(50));
  EXPECT_THAT(ranking_.order(kClass), ElementsAre(1));
  views_[1].state = PathState::kDisabled;
  run(Milliseconds(50));
  EXPECT_THAT(ranking_.order(kClass), ElementsAre(2));
  views_[2].state = PathState::kValidating;
  run(Milliseconds(50));
  EXPECT_EQ(primary(), 999u);
  EXPECT_EQ(changes_.back().to, std::nullopt);
  views_[3].state = PathState::kActive;
  run(Milliseconds(50));
  EXPECT_EQ(primary(), 3u);
  EXPECT_EQ(last_reason(), PrimaryReason::kFirst);
}

TEST_F(Rank, ABrownOutIsLeftWithin200Milliseconds) {
  for (const bool by_loss : {true, false}) {
    SCOPED_TRACE(by_loss);
    ranking_ = {};
    views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(30)})};
    run(Seconds(5));
    ASSERT_EQ(primary(), 0u);
    PathEstimate& estimate = views_[0].estimate;
    if (by_loss) {
      estimate.loss = 0.06;
    } else {
      estimate.rtt = Milliseconds(200);
      *estimate.delay += Milliseconds(80);
    }
    run(Milliseconds(200));
    EXPECT_EQ(primary(), 1u);
    EXPECT_EQ(last_reason(), PrimaryReason::kBrownOut);
    now_ += Seconds(100);
  }
}

TEST_F(Rank, SoonBehindAChangeALittleLossIsChanceAndMuchLossIsNot) {
  for (const double loss : {0.08, 0.2}) {
    SCOPED_TRACE(loss);
    ranking_ = {};
    views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(30)})};
    run(Seconds(5));
    views_[0].estimate.loss = 0.06;
    run(Milliseconds(200));
    ASSERT_EQ(primary(), 1u);
    views_[0].estimate.loss = 0;
    run(Seconds(4));
    views_[1].estimate.loss = loss;
    run(Milliseconds(900));
    EXPECT_EQ(primary(), 1u);
    run(Milliseconds(500));
    EXPECT_EQ(primary(), loss > 0.1 ? 0u : 1u);
  }
}

TEST_F(Rank, AQueueIsABrownOutAndJitterIsNot) {
  views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(30)})};
  run(Seconds(5));
  views_[0].estimate.queueing = Milliseconds(80);
  views_[0].estimate.queueing_floor = Milliseconds(1);
  *views_[0].estimate.delay += Milliseconds(80);
  run(Milliseconds(500));
  EXPECT_EQ(primary(), 0u);
  views_[0].estimate.queueing_floor = Milliseconds(70);
  run(Milliseconds(200));
  EXPECT_EQ(primary(), 1u);
}

TEST_F(Rank, WhatIsWrongOnBothPathsIsNoReason) {
  views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(30)})};
  run(Seconds(5));
  for (PathView& view : views_) view.estimate.loss = 0.2;
  run(Seconds(20));
  EXPECT_EQ(primary(), 0u);
}

TEST_F(Rank, PriorityIsStrongerThanWhatIsMeasured) {
  views_ = {make_view({.delay = Milliseconds(10)}),
            make_view({.id = 1, .delay = Milliseconds(300), .priority = 1})};
  run(Milliseconds(50));
  EXPECT_EQ(primary(), 1u);
  run(Seconds(30));
  EXPECT_EQ(primary(), 1u);
  views_[1].state = PathState::kSuspect;
  run(Seconds(1));
  EXPECT_EQ(primary(), 0u);
  views_[1].state = PathState::kActive;
  run(Seconds(11));
  EXPECT_EQ(primary(), 1u);
  EXPECT_EQ(last_reason(), PrimaryReason::kPriority);
}

TEST_F(Rank, WhatTheUserPrefersIsTakenAtOnceThoughItChangedJustNow) {
  views_ = {make_view({}), make_view({.id = 1})};
  run(Seconds(1));
  views_[0].state = PathState::kSuspect;
  run(Milliseconds(50));
  views_[0].state = PathState::kActive;
  ASSERT_EQ(primary(), 1u);
  views_[0].preference.priority = 1;
  run(Milliseconds(100));
  EXPECT_EQ(primary(), 0u);
}

TEST_F(Rank, APreferredPathThatBreaksDownIsLeftAndComesBackSound) {
  views_ = {make_view({}), make_view({.id = 1, .priority = 1})};
  run(Seconds(5));
  ASSERT_EQ(primary(), 1u);
  views_[1].estimate.loss = 0.3;
  run(Seconds(20));
  EXPECT_EQ(primary(), 0u);
  views_[1].estimate.loss = 0;
  run(Seconds(3));
  EXPECT_EQ(primary(), 1u);
  EXPECT_EQ(changes_.size(), 3u);
}

TEST_F(Rank, ScoresFollowAPathWhenTheListChanges) {
  views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(90)})};
  run(Seconds(5));
  const double score = ranking_.score(kClass, 1).value();
  views_.erase(views_.begin());
  ranking_.update(views_, at(now_));
  EXPECT_NEAR(ranking_.score(kClass, 0).value(), score, 1);
}

TEST_F(Rank, SpreadIsThatOfThePathsInUse) {
  views_ = {make_view({}), make_view({.id = 1, .delay = Milliseconds(90)}),
            make_view({.id = 2, .state = PathState::kFailed, .delay = Milliseconds(400)})};
  run(Milliseconds(50));
  EXPECT_EQ(ranking_.spread(), Duration(Milliseconds(70)));
  EXPECT_EQ(ranking_.extra_delay(1), Duration(Milliseconds(70)));
}

TEST_F(Rank, MorePathsThanItLooksAtAreNoHarm) {
  for (std::uint32_t i = 0; i < kPathsMax + 4; ++i) views_.push_back(make_view({.id = i}));
  run(Milliseconds(100));
  EXPECT_EQ(ranking_.order(kClass).size(), kPathsMax);
}

}  // namespace
}  // namespace hawser
