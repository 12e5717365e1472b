// SPDX-License-Identifier: Apache-2.0
#include "multipath/rtt_estimator.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

// RFC 6298 section 2.2 and 2.3, by hand.
TEST(RttEstimator, IsThatOfRfc6298) {
  RttEstimator rtt;
  EXPECT_EQ(rtt.smoothed(), std::nullopt);
  rtt.add(Milliseconds(100), at(0));
  EXPECT_EQ(rtt.smoothed(), Duration(Milliseconds(100)));
  EXPECT_EQ(rtt.variation(), Duration(Milliseconds(50)));
  rtt.add(Milliseconds(180), at(100));
  EXPECT_EQ(rtt.smoothed(), Duration(Milliseconds(110)));
  EXPECT_EQ(rtt.variation(), Duration(std::chrono::microseconds(57'500)));
}

TEST(RttEstimator, TheMinimumExpires) {
  RttEstimator rtt;
  rtt.add(Milliseconds(20), at(0));
  for (int ms = 100; ms <= 10'000; ms += 100) rtt.add(Milliseconds(50), at(ms));
  EXPECT_EQ(rtt.minimum(), Duration(Milliseconds(20)));
  rtt.add(Milliseconds(50), at(10'100));
  EXPECT_EQ(rtt.minimum(), Duration(Milliseconds(50)));
}

TEST(RttEstimator, NothingIsNeverZeroAndNonsenseIsNotBelieved) {
  RttEstimator rtt;
  rtt.add(-Milliseconds(1), at(0));
  EXPECT_GT(rtt.smoothed(), Duration(0));
  const std::optional<Duration> before = rtt.smoothed();
  rtt.add(Seconds(3600), at(1));
  EXPECT_EQ(rtt.smoothed(), before);
}

}  // namespace
}  // namespace hawser
