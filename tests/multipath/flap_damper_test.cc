// SPDX-License-Identifier: Apache-2.0
#include "multipath/flap_damper.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

class FlapDamperTest : public testing::Test {
 protected:
  Duration hold_after(Duration use) {
    damper_.note_active(now_);
    now_ += use;
    damper_.note_left(now_);
    return damper_.hold();
  }
  FlapDamper damper_;
  TimePoint now_{Seconds(1)};
};

TEST_F(FlapDamperTest, DoublesUpToAMinute) {
  const int expected[] = {1, 2, 4, 8, 16, 32, 60, 60};
  for (const int seconds : expected) EXPECT_EQ(hold_after(Seconds(5)), Seconds(seconds));
}

TEST_F(FlapDamperTest, OnlyTheFirstFailureIsForgiven) {
  hold_after(Seconds(5));
  EXPECT_TRUE(damper_.is_first());
  hold_after(Seconds(5));
  EXPECT_FALSE(damper_.is_first());
}

TEST_F(FlapDamperTest, AMinuteOfUseMakesUpForAFailure) {
  for (int i = 0; i < 4; ++i) hold_after(Seconds(5));
  EXPECT_EQ(damper_.hold(), Seconds(8));
  EXPECT_EQ(hold_after(Seconds(59)), Seconds(16));
  EXPECT_EQ(hold_after(Seconds(121)), Seconds(8)) << "halved twice, doubled once";
  EXPECT_EQ(hold_after(Seconds(86'400)), Seconds(1));
  EXPECT_TRUE(damper_.is_first());
}

}  // namespace
}  // namespace hawser
