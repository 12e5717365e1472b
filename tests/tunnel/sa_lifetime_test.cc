// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sa_lifetime.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

constexpr TimePoint kBorn{Seconds(50)};

TEST(SaLifetime, WithoutLimitsNothingEverHappens) {
  LifetimeWatch watch({}, kBorn);
  const TrafficCounters much{.packets = UINT64_MAX, .bytes = UINT64_MAX};
  EXPECT_TRUE(watch.allows(much, TimePoint::max()));
  EXPECT_FALSE(watch.poll_stage(much, TimePoint::max()));
}

TEST(SaLifetime, PacketsAreSoftAtNineTenthsAndEndAtTheLimit) {
  LifetimeWatch watch({.packets = 100}, kBorn);
  EXPECT_FALSE(watch.poll_stage({.packets = 89}, kBorn));
  EXPECT_EQ(watch.poll_stage({.packets = 90}, kBorn), LifetimeStage::kSoft);
  EXPECT_FALSE(watch.poll_stage({.packets = 99}, kBorn)) << "told once";
  EXPECT_TRUE(watch.allows({.packets = 99}, kBorn));
  EXPECT_FALSE(watch.allows({.packets = 100}, kBorn));
  EXPECT_EQ(watch.poll_stage({.packets = 100}, kBorn), LifetimeStage::kOver);
  EXPECT_FALSE(watch.poll_stage({.packets = 100}, kBorn));
}

TEST(SaLifetime, BytesCount) {
  LifetimeWatch watch({.bytes = 1000}, kBorn);
  EXPECT_EQ(watch.poll_stage({.packets = 1, .bytes = 950}, kBorn), LifetimeStage::kSoft);
  EXPECT_TRUE(watch.allows({.packets = 1, .bytes = 999}, kBorn));
  EXPECT_FALSE(watch.allows({.packets = 1, .bytes = 1400}, kBorn));
}

TEST(SaLifetime, TimeCountsFromBirth) {
  LifetimeWatch watch({.time = Seconds(10)}, kBorn);
  EXPECT_FALSE(watch.poll_stage({}, kBorn + Milliseconds(8999)));
  EXPECT_EQ(watch.poll_stage({}, kBorn + Seconds(9)), LifetimeStage::kSoft);
  EXPECT_TRUE(watch.allows({}, kBorn + Milliseconds(9999)));
  EXPECT_FALSE(watch.allows({}, kBorn + Seconds(10)));
}

TEST(SaLifetime, ASoftLimitOfItsOwnReplacesNineTenths) {
  LifetimeWatch watch({.packets = 100, .soft_packets = 20}, kBorn);
  EXPECT_FALSE(watch.poll_stage({.packets = 19}, kBorn));
  EXPECT_EQ(watch.poll_stage({.packets = 20}, kBorn), LifetimeStage::kSoft);
  EXPECT_FALSE(watch.poll_stage({.packets = 95}, kBorn)) << "told once";
  EXPECT_EQ(watch.poll_stage({.packets = 100}, kBorn), LifetimeStage::kOver);
  LifetimeWatch soft_only({.soft_bytes = 500}, kBorn);
  EXPECT_EQ(soft_only.poll_stage({.packets = 1, .bytes = 500}, kBorn), LifetimeStage::kSoft);
  EXPECT_TRUE(soft_only.allows({.packets = 1, .bytes = 1'000'000}, kBorn));
}

TEST(SaLifetime, TheFirstLimitDecidesAndStagesMayBeSkipped) {
  LifetimeWatch watch({.packets = 10, .bytes = 1'000'000, .time = Seconds(1000)}, kBorn);
  EXPECT_EQ(watch.poll_stage({.packets = 10}, kBorn), LifetimeStage::kOver);
  LifetimeWatch huge({.bytes = UINT64_MAX}, kBorn);
  EXPECT_FALSE(huge.poll_stage({.bytes = UINT64_MAX / 2}, kBorn));
}

}  // namespace
}  // namespace hawser
