// SPDX-License-Identifier: Apache-2.0
#include "multipath/delay_estimator.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }
double ms(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }
ShimStamp stamp_of(Duration delay, ShimStamp offset) { return to_stamp(TimePoint(delay)) + offset; }

TEST(DelayEstimator, QueueIsWhatIsAboveTheLeast) {
  DelayOrigin origin;
  DelayEstimator delay(origin);
  for (int t = 0; t < 3000; t += 25) {
    delay.add(
        {.delay = stamp_of(Milliseconds(t < 1000 ? 30 : 70), 12345), .delay_mean = Milliseconds(2)},
        at(t));
  }
  EXPECT_NEAR(ms(delay.queueing()), 42, 0.2);
  EXPECT_NEAR(ms(*delay.smoothed()) - ms(*delay.minimum()), 42, 0.2);
}

TEST(DelayEstimator, TheQuickestPacketSaysWhatNoPacketEscapes) {
  DelayOrigin origin;
  DelayEstimator delay(origin);
  EXPECT_EQ(delay.queueing_floor(), std::nullopt);
  delay.add({.delay = stamp_of(Milliseconds(30), 0), .delay_mean = Milliseconds(9)}, at(0));
  EXPECT_EQ(delay.queueing_floor(), Duration(0));
  delay.add({.delay = stamp_of(Milliseconds(50), 0), .delay_mean = Milliseconds(9)}, at(25));
  EXPECT_NEAR(ms(*delay.queueing_floor()), 20, 0.13);
}

TEST(DelayEstimator, DriftOfTheClocksIsNoQueue) {
  for (const double ppm : {-100.0, 100.0}) {
    DelayOrigin origin;
    DelayEstimator delay(origin);
    for (int t = 0; t < 600'000; t += 100) {
      const Duration drift(static_cast<std::int64_t>(t * ppm));  // ns per ms
      delay.add({.delay = stamp_of(Seconds(5) + drift, 0)}, at(t));
      ASSERT_LT(ms(delay.queueing()), 1.13) << t << " at " << ppm;
    }
  }
}

// The raw difference lies where it wraps for the one path and not for the other.
TEST(DelayEstimator, PathsCanBeComparedWhereverTheClocksStand) {
  for (const ShimStamp offset : {0u, 0x7fffffffu, 0x80000000u, 0xfffffff0u}) {
    DelayOrigin origin;
    DelayEstimator quick(origin);
    DelayEstimator slow(origin);
    quick.add({.delay = stamp_of(Milliseconds(10), offset)}, at(0));
    slow.add({.delay = stamp_of(Milliseconds(300), offset)}, at(0));
    EXPECT_NEAR(ms(*slow.smoothed() - *quick.smoothed()), 290, 0.13) << offset;
  }
}

}  // namespace
}  // namespace hawser
