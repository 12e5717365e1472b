// SPDX-License-Identifier: Apache-2.0
#include "multipath/windowed_extreme.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <random>

namespace hawser {
namespace {

constexpr Duration kWindow = Seconds(10);
TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

TEST(WindowedExtreme, ForgetsAfterTheWindow) {
  WindowedExtreme<int, std::less<>> least;
  EXPECT_TRUE(least.empty());
  least.update(5, at(0), kWindow);
  least.update(9, at(5000), kWindow);
  EXPECT_EQ(least.value(), 5);
  least.update(20, at(10'000), kWindow);
  EXPECT_EQ(least.value(), 5);
  least.update(20, at(10'001), kWindow);
  EXPECT_EQ(least.value(), 9);
  least.update(3, at(10'002), kWindow);
  EXPECT_EQ(least.value(), 3) << "a better one counts at once";
}

TEST(WindowedExtreme, KeepsTheLastOneThatThereIs) {
  WindowedExtreme<int, std::greater<>> most;
  most.update(5, at(0), kWindow);
  most.update(4, at(100'000), kWindow);
  EXPECT_EQ(most.value(), 4);
}

// Between the extreme of the whole window and that of 15/16 of it.
TEST(WindowedExtreme, AgreesWithALookAtAllSamples) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    WindowedExtreme<int, std::less<>> least;
    std::deque<std::pair<int, int>> samples;
    int now = 0;
    for (int i = 0; i < 5000; ++i) {
      now += std::uniform_int_distribution(0, 200)(random);
      const int value = std::uniform_int_distribution(0, 1000)(random);
      least.update(value, at(now), kWindow);
      samples.emplace_back(now, value);
      while (samples.front().first < now - 10'000) samples.pop_front();
      int whole = 1000;
      int part = 1000;
      for (const auto& [time, sample] : samples) {
        whole = std::min(whole, sample);
        if (time >= now - 10'000 * 15 / 16) part = std::min(part, sample);
      }
      ASSERT_GE(least.value(), whole) << "seed " << seed << " step " << i;
      ASSERT_LE(least.value(), part) << "seed " << seed << " step " << i;
    }
  }
}

}  // namespace
}  // namespace hawser
