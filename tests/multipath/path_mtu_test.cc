// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_mtu.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(1000)};

TEST(PathMtu, IsThatOfTheInterface) {
  PathMtu mtu;
  EXPECT_FALSE(mtu.is_known(kStart));
  mtu.set_link(1500);
  EXPECT_EQ(mtu.value(kStart), 1500);
  mtu.set_link(0);
  EXPECT_FALSE(mtu.is_known(kStart));
  mtu.set_link(100'000);
  EXPECT_FALSE(mtu.is_known(kStart));
}

TEST(PathMtu, FollowsWhatTheNetworkSaysAndForgetsItAfterTenMinutes) {
  PathMtu mtu;
  mtu.set_link(1500);
  EXPECT_TRUE(mtu.handle_told(1400, true, kStart));
  EXPECT_EQ(mtu.value(kStart + PathMtu::kLifetime - Duration(1)), 1400);
  EXPECT_EQ(mtu.value(kStart + PathMtu::kLifetime), 1500);
}

TEST(PathMtu, WhatIsSaidAgainIsKeptLonger) {
  PathMtu mtu;
  mtu.set_link(1500);
  EXPECT_TRUE(mtu.handle_told(1400, true, kStart));
  EXPECT_FALSE(mtu.handle_told(1400, true, kStart + Seconds(300)));
  EXPECT_EQ(mtu.value(kStart + Seconds(800)), 1400);
}

TEST(PathMtu, GrowsByNoMessage) {
  PathMtu mtu;
  mtu.set_link(1500);
  EXPECT_TRUE(mtu.handle_told(1400, true, kStart));
  EXPECT_FALSE(mtu.handle_told(1450, true, kStart));
  EXPECT_FALSE(mtu.handle_told(9000, true, kStart));
  EXPECT_EQ(mtu.value(kStart), 1400);
}

TEST(PathMtu, NoMessageMakesItSmallerThanEveryPathHasToTake) {
  PathMtu v4;
  v4.set_link(1500);
  EXPECT_TRUE(v4.handle_told(68, true, kStart));
  EXPECT_EQ(v4.value(kStart), PathMtu::kMinV4);
  EXPECT_FALSE(v4.handle_told(1, true, kStart));
  EXPECT_EQ(v4.value(kStart), PathMtu::kMinV4);
  PathMtu v6;
  v6.set_link(1500);
  EXPECT_FALSE(v6.handle_told(1279, false, kStart));
  EXPECT_FALSE(v6.handle_told(0, false, kStart));
  EXPECT_EQ(v6.value(kStart), 1500);
  EXPECT_TRUE(v6.handle_told(1280, false, kStart));
  EXPECT_EQ(v6.value(kStart), 1280);
}

TEST(PathMtu, GoesDownByStepsWhereNoSizeIsSaid) {
  PathMtu mtu;
  EXPECT_TRUE(mtu.handle_told(0, true, kStart));
  EXPECT_EQ(mtu.value(kStart), 1492);
  EXPECT_TRUE(mtu.handle_told(0, true, kStart));
  EXPECT_EQ(mtu.value(kStart), 1006);
  EXPECT_TRUE(mtu.handle_told(0, true, kStart));
  EXPECT_FALSE(mtu.handle_told(0, true, kStart));
  EXPECT_EQ(mtu.value(kStart), PathMtu::kMinV4);
}

TEST(PathMtu, ElsewhereOnlyTheInterfaceCounts) {
  PathMtu mtu;
  mtu.set_link(1500);
  EXPECT_TRUE(mtu.handle_told(1300, true, kStart));
  mtu.set_link(1280);
  EXPECT_EQ(mtu.value(kStart), 1280);
  mtu.forget();
  mtu.set_link(1420);
  EXPECT_EQ(mtu.value(kStart), 1420);
}

TEST(RoomInOuter, IsWhatEspLeaves) {
  EXPECT_EQ(room_in_outer(1500, true), 1438U);
  EXPECT_EQ(room_in_outer(1500, false), 1418U);
  EXPECT_EQ(room_in_outer(10, false), 0U);
}

}  // namespace
}  // namespace hawser
