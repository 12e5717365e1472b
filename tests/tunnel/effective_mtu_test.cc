// SPDX-License-Identifier: Apache-2.0
#include "tunnel/effective_mtu.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(1000)};
constexpr Duration kStable = EffectiveMtu::kStable;

TEST(EffectiveMtu, LessHoldsAtOnce) {
  EffectiveMtu mtu;
  EXPECT_EQ(mtu.current(), 0u);
  EXPECT_EQ(mtu.update(1430, kStart), 1430u);
  EXPECT_EQ(mtu.update(1330, kStart), 1330u);
  EXPECT_EQ(mtu.current(), 1330u);
}

TEST(EffectiveMtu, MoreHoldsAfterAMinute) {
  EffectiveMtu mtu;
  mtu.update(1330, kStart);
  EXPECT_EQ(mtu.update(1430, kStart), 1330u);
  EXPECT_EQ(mtu.update(1430, kStart + kStable - Duration(1)), 1330u);
  EXPECT_EQ(mtu.update(1430, kStart + kStable), 1430u);
}

TEST(EffectiveMtu, GrowsToTheLeastOfThatMinute) {
  EffectiveMtu mtu;
  mtu.update(1330, kStart);
  mtu.update(1430, kStart);
  mtu.update(1400, kStart + kStable / 2);
  EXPECT_EQ(mtu.update(1430, kStart + kStable), 1400u);
}

TEST(EffectiveMtu, WhatFlapsDoesNotGrow) {
  EffectiveMtu mtu;
  TimePoint now = kStart;
  mtu.update(1330, now);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(mtu.update(1430, now += kStable - Seconds(1)), 1330u);
    EXPECT_EQ(mtu.update(1330, now += Seconds(1)), 1330u);
  }
}

}  // namespace
}  // namespace hawser
