// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_score.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/multipath/path_views.h"

namespace hawser {
namespace {

using testing::at;
using testing::make_view;
using testing::ViewOptions;

constexpr std::array kClasses{TrafficClass::kRealTime, TrafficClass::kInteractive,
                              TrafficClass::kBulk};

double quality(const ViewOptions& options, TrafficClass traffic_class) {
  const std::array views{make_view(options)};
  return path_quality(views[0], traffic_class, DelayScale(views));
}

TEST(DelayScale, BringsOneWayDelaysAndRoundTripsTogether) {
  std::array views{make_view({.delay = Milliseconds(20)}),
                   make_view({.id = 1, .delay = Milliseconds(120)}),
                   make_view({.id = 2, .delay = Milliseconds(50)}), make_view({.id = 3})};
  // Of the slow path 160 of 240 ms are there, 80 back.
  *views[1].estimate.delay += Milliseconds(40);
  views[2].estimate.delay.reset();
  views[3].estimate.delay.reset();
  views[3].estimate.rtt.reset();
  const DelayScale scale(views);
  EXPECT_EQ(scale.delay_of(views[0]), Duration(Milliseconds(20)));
  EXPECT_EQ(scale.delay_of(views[1]), Duration(Milliseconds(160)));
  EXPECT_EQ(scale.delay_of(views[2]), Duration(Milliseconds(50)));
  EXPECT_EQ(scale.delay_of(views[3]), std::nullopt);
}

// An idle path has no delay to compare with.
TEST(DelayScale, APathAloneThatBecomesSlowIsSlow) {
  std::vector<PathView> paths{make_view({.id = 1}), make_view({.id = 2})};
  paths[1].estimate.delay = paths[1].estimate.delay_min = std::nullopt;
  *paths[0].estimate.delay += Milliseconds(80);
  const DelayScale scale(paths);
  EXPECT_EQ(scale.delay_of(paths[0]), Duration(Milliseconds(100)));
  EXPECT_EQ(scale.delay_of(paths[1]), Duration(Milliseconds(20)));
}

TEST(DelayScale, TakesNoNoticeOfPathsThatFailed) {
  std::array views{make_view({.delay = Milliseconds(30)}),
                   make_view({.id = 1, .state = PathState::kFailed, .delay = Milliseconds(1)})};
  *views[1].estimate.delay -= Seconds(5);
  EXPECT_EQ(DelayScale(views).delay_of(views[0]), Duration(Milliseconds(30)));
}

TEST(PathQuality, EverythingThatGetsWorseCounts) {
  for (const TrafficClass traffic_class : kClasses) {
    const double good = quality({}, traffic_class);
    EXPECT_GT(good, 0);
    EXPECT_LE(good, 100);
    EXPECT_LT(quality({.delay = Milliseconds(80)}, traffic_class), good);
    EXPECT_LT(quality({.loss = 0.02}, traffic_class), good);
    std::array views{make_view({})};
    views[0].estimate.congested = 0.2;
    EXPECT_LT(path_quality(views[0], traffic_class, DelayScale(views)), good);
  }
  for (const TrafficClass traffic_class : {TrafficClass::kRealTime, TrafficClass::kInteractive}) {
    EXPECT_LT(quality({.jitter = Milliseconds(20)}, traffic_class), quality({}, traffic_class));
  }
}

TEST(PathQuality, ForBulkTheRateCounts) {
  const auto bulk = [](std::uint64_t rate) {
    return quality({.rate_bps = rate}, TrafficClass::kBulk);
  };
  EXPECT_LT(bulk(5'000'000), bulk(50'000'000));
  EXPECT_LT(bulk(50'000'000), bulk(300'000'000));
  EXPECT_GT(bulk(0), bulk(5'000'000)) << "not constrained: more than a slow one";
  EXPECT_EQ(quality({.rate_bps = 5'000'000}, TrafficClass::kRealTime),
            quality({.rate_bps = 300'000'000}, TrafficClass::kRealTime));
}

TEST(PathQuality, TheUsersLimitIsARate) {
  std::array views{make_view({.rate_bps = 300'000'000})};
  views[0].preference.limit_bps = 2'000'000;
  EXPECT_EQ(likely_rate_bps(views[0]), 2e6);
  EXPECT_LT(path_quality(views[0], TrafficClass::kBulk, DelayScale(views)), 15);
}

TEST(PathQuality, FibreIsBetterThanLteForAll) {
  for (const TrafficClass traffic_class : kClasses) {
    const double fibre =
        quality({.delay = Milliseconds(8), .rate_bps = 300'000'000}, traffic_class);
    const double lte = quality({.delay = Milliseconds(40),
                                .jitter = Milliseconds(8),
                                .loss = 0.005,
                                .rate_bps = 30'000'000},
                               traffic_class);
    EXPECT_GT(fibre, lte + 20);
  }
}

TEST(PathScore, FallsAtOnceAndRisesSlowly) {
  PathScore score;
  for (int i = 0; i < 100; ++i) score.update(80, {}, at(i * Milliseconds(100)));
  EXPECT_NEAR(score.value(), 80, 0.1);
  score.update(20, {}, at(Milliseconds(10'050)));
  EXPECT_LT(score.value(), 20.1);
  score.update(80, {}, at(Milliseconds(10'150)));
  EXPECT_LT(score.value(), 80);
  for (int i = 0; i < 300; ++i) score.update(80, {}, at(Seconds(11) + i * Milliseconds(100)));
  EXPECT_NEAR(score.value(), 80, 1);
}

TEST(PathScore, AFallingTrendCountsBeforeItIsThere) {
  PathScore falling;
  PathScore steady;
  for (int i = 0; i <= 30; ++i) {
    falling.update(80 - i, {}, at(i * Milliseconds(100)));
    steady.update(50, {}, at(i * Milliseconds(100)));
  }
  // Both are at 50, and one will be at 40 in a second.
  EXPECT_LT(falling.value(), steady.value() - 4);
}

TEST(PathScore, UnsteadinessIsTakenOff) {
  PathScore score;
  for (int i = 0; i < 200; ++i) score.update(i % 2 == 0 ? 80 : 40, {}, at(i * Milliseconds(100)));
  EXPECT_GT(score.unsteadiness(), 10);
  score.update(80, {}, at(Seconds(20)));
  EXPECT_LT(score.value(), 55);
}

TEST(PathScore, WhatItCostsIsTakenOff) {
  PathScore score;
  score.update(80, {.metered = true, .cost = 10}, at(Seconds(0)));
  EXPECT_GT(score.cost(), 10) << "metered, and its price";
  EXPECT_DOUBLE_EQ(score.value(), 80 - score.cost());
  score.update(80, {.cost = 100}, at(Seconds(0)));
  EXPECT_EQ(score.value(), 0);
}

}  // namespace
}  // namespace hawser
