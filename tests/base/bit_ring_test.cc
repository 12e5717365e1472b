// SPDX-License-Identifier: Apache-2.0
#include "base/bit_ring.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace hawser {
namespace {

TEST(BitRing, AJumpEmptiesIt) {
  BitRing ring(64);
  EXPECT_TRUE(ring.set(0));
  EXPECT_FALSE(ring.set(0));
  EXPECT_TRUE(ring.test(0));
  EXPECT_TRUE(ring.set(1'000'000));
  EXPECT_FALSE(ring.test(1'000'001));
  EXPECT_FALSE(ring.test(999'999));
}

// Within its capacity behind the highest number it knows as much as a set does.
TEST(BitRing, AgreesWithASet) {
  std::mt19937_64 random(7);
  for (const std::uint64_t capacity : {64u, 256u, 4096u}) {
    BitRing ring(capacity);
    std::set<std::uint64_t> marked;
    std::uint64_t highest = 5;
    for (int i = 0; i < 50'000; ++i) {
      if (random() % 3 == 0) highest += random() % 100 == 0 ? random() % 10'000 : random() % 4;
      const std::uint64_t back = random() % capacity;
      const std::uint64_t number = highest > back ? highest - back : highest;
      ASSERT_EQ(ring.test(number), marked.contains(number)) << number;
      ASSERT_EQ(ring.set(number), marked.insert(number).second) << number;
    }
  }
}

TEST(BitRing, KeepsItsMarksAtAnotherCapacity) {
  std::mt19937_64 random(8);
  BitRing ring(1024);
  std::set<std::uint64_t> marked;
  constexpr std::uint64_t kHighest = 70'000;
  for (std::uint64_t number = 60'000; number <= kHighest; ++number) {
    if (random() % 2 == 0 || number == kHighest) {
      ring.set(number);
      marked.insert(number);
    }
  }
  for (const std::uint64_t capacity : {64u, 512u, 1024u, 8192u}) {
    const BitRing other = ring.resized(capacity, kHighest);
    const std::uint64_t known = std::min<std::uint64_t>(capacity, 1024);
    for (std::uint64_t number = kHighest - known + 1; number <= kHighest; ++number) {
      ASSERT_EQ(other.test(number), marked.contains(number)) << capacity << ", " << number;
    }
  }
}

}  // namespace
}  // namespace hawser
