// SPDX-License-Identifier: Apache-2.0
#include "multipath/shim_need.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

TimePoint at(int milliseconds) { return TimePoint(Seconds(3600) + Milliseconds(milliseconds)); }

// Packets a millisecond apart, of which each `one_in`th was overtaken; how many until the path is
// known for it. 0: it is not.
int packets_until_known(int one_in, int packets) {
  ShimNeed need;
  for (int i = 1; i <= packets; ++i) {
    if (need.note(i % one_in != 0, at(i))) return i;
  }
  return 0;
}

TEST(ShimNeed, AFewThatAreOvertakenAreNoReason) {
  EXPECT_EQ(packets_until_known(2, 1000), 2 * 9);
  EXPECT_GT(packets_until_known(100, 10'000), 800);
  EXPECT_GT(packets_until_known(500, 100'000), 4000);
  EXPECT_EQ(packets_until_known(1001, 1'000'000), 0);
}

TEST(ShimNeed, APathThatKeepsOrderAgainIsForgiven) {
  ShimNeed need;
  for (int i = 1; i <= 10'000; ++i) need.note(i % 2 != 0, at(i));
  int last = 10'000;
  for (int i = last; i <= 60'000; ++i) {
    if (need.note(true, at(i))) last = i;
  }
  EXPECT_GE(last, 20'000);
  EXPECT_LE(last, 23'000);
}

TEST(ShimNeed, WhoIsAskedForNumbersDoesNotMeasure) {
  ShimNeed need;
  EXPECT_FALSE(need.is_numbered(at(0)));
  need.number(at(0));
  EXPECT_TRUE(need.is_numbered(at(9'999)));
  EXPECT_FALSE(need.is_numbered(at(10'000)));
  EXPECT_FALSE(need.is_measured(at(1)));
  need.measure(at(20'000));
  EXPECT_TRUE(need.is_numbered(at(21'999)));
  EXPECT_TRUE(need.is_measured(at(21'999)));
  EXPECT_FALSE(need.is_measured(at(22'000)));
}

}  // namespace
}  // namespace hawser
