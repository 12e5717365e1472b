// SPDX-License-Identifier: Apache-2.0
#include "antireplay/esn_reconstructor.h"

#include <gtest/gtest.h>

#include <random>

namespace hawser {
namespace {

std::uint64_t reconstruct(std::uint64_t sequence, std::uint64_t highest) {
  return reconstruct_esn(static_cast<std::uint32_t>(sequence), SequenceNumber(highest)).value();
}

constexpr std::uint64_t kCycle = std::uint64_t{1} << 32;

TEST(EsnReconstructor, StartOfAnSaHasNoNegativeCandidate) {
  EXPECT_EQ(reconstruct(1, 0), 1u);
  EXPECT_EQ(reconstruct(0xffffffff, 0), 0xffffffffu);
  EXPECT_EQ(reconstruct(0xffffffff, 5), 0xffffffffu);
}

TEST(EsnReconstructor, CrossesTheCycleBothWays) {
  EXPECT_EQ(reconstruct(kCycle + 3, kCycle - 2), kCycle + 3);
  EXPECT_EQ(reconstruct(kCycle - 2, kCycle + 3), kCycle - 2);
  EXPECT_EQ(reconstruct(7 * kCycle, 7 * kCycle - 1), 7 * kCycle);
}

TEST(EsnReconstructor, EndOfTheSpaceDoesNotWrap) {
  EXPECT_EQ(reconstruct(3, UINT64_MAX - 1), UINT64_MAX - 0xffffffff + 3);
}

TEST(EsnReconstructor, FindsEverythingWithinHalfACycle) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t highest = kCycle + random() % (kCycle * 1000);
    const std::uint64_t distance = random() % (kCycle / 2);
    ASSERT_EQ(reconstruct(highest + distance, highest), highest + distance);
    ASSERT_EQ(reconstruct(highest - distance, highest), highest - distance);
  }
}

}  // namespace
}  // namespace hawser
