// SPDX-License-Identifier: Apache-2.0
#include "multipath/duplicate_filter.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace hawser {
namespace {

using Verdict = DuplicateFilter::Verdict;

TEST(UnwrapSequence, TakesTheNearest) {
  constexpr std::uint64_t kCycle = std::uint64_t{1} << 32;
  EXPECT_EQ(unwrap_sequence(5, kCycle + 3), kCycle + 5);
  EXPECT_EQ(unwrap_sequence(0xffffffff, kCycle + 3), kCycle - 1);
  EXPECT_EQ(unwrap_sequence(2, 2 * kCycle - 1), 2 * kCycle + 2);
}

TEST(DuplicateFilter, TakesEachOnce) {
  DuplicateFilter filter(100);
  const TimePoint now{};
  EXPECT_EQ(filter.handle(99, now), Verdict::kTooOld);
  EXPECT_EQ(filter.handle(100, now), Verdict::kFresh);
  EXPECT_EQ(filter.handle(102, now), Verdict::kFresh);
  EXPECT_EQ(filter.handle(101, now), Verdict::kFresh);
  EXPECT_EQ(filter.handle(100, now), Verdict::kDuplicate);
  EXPECT_EQ(filter.handle(101, now), Verdict::kDuplicate);
}

// A slow path's first frames come when a fast one has long gone ahead.
TEST(DuplicateFilter, OneSecondOfAnyRateIsRemembered) {
  for (const std::uint64_t per_second : {100u, 10'000u, 200'000u}) {
    DuplicateFilter filter(1);
    const Duration interval = Duration(Seconds(1)) / static_cast<std::int64_t>(per_second);
    TimePoint now{};
    // Each second number is missing and comes a second later; each comes twice.
    for (std::uint64_t number = 1; number <= 3 * per_second; ++number) {
      now += interval;
      if (number % 2 == 0) {
        ASSERT_EQ(filter.handle(number, now), Verdict::kFresh) << number << " at " << per_second;
      }
      const std::uint64_t late = number - (per_second - 1);
      if (number >= per_second && late % 2 == 1) {
        ASSERT_EQ(filter.handle(late, now), Verdict::kFresh) << late << " at " << per_second;
        ASSERT_EQ(filter.handle(late, now), Verdict::kDuplicate) << late << " at " << per_second;
      }
    }
  }
}

TEST(DuplicateFilter, MemoryFollowsTheRate) {
  DuplicateFilter filter(1);
  TimePoint now{};
  std::uint64_t number = 0;
  const auto run = [&](int seconds, int per_second) {
    for (int i = 0; i < seconds * per_second; ++i) {
      filter.handle(++number, now += Duration(Seconds(1)) / per_second);
    }
  };
  run(3, 50);
  EXPECT_EQ(filter.capacity(), DuplicateFilter::kCapacityMin);
  run(3, 50'000);
  EXPECT_GE(filter.capacity(), 65536u);
  run(20, 50);
  EXPECT_LE(filter.capacity(), 1024u);
  filter.handle(number += 1u << 30, now);
  EXPECT_LE(filter.capacity(), DuplicateFilter::kCapacityMax);
}

// Nothing is fresh twice, whatever the rates, jumps and rests do to its size; and what lies no
// further back than the smallest size is taken.
TEST(DuplicateFilter, AgreesWithASet) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    DuplicateFilter filter(1);
    std::set<std::uint64_t> taken;
    std::uint64_t highest = 1;
    TimePoint now{};
    for (int i = 0; i < 30'000; ++i) {
      if (random() % 5000 == 0) now += Seconds(random() % 4);
      now += Duration(random() % 1'000'000);
      const auto roll = random() % 1000;
      std::uint64_t number = highest + (roll < 3 ? random() % 400'000 : 1);
      if (roll > 500) {
        const std::uint64_t back = random() % (std::uint64_t{1} << random() % 18);
        number = back < highest ? highest - back : 1;
      }
      highest = std::max(highest, number);
      const Verdict verdict = filter.handle(number, now);
      if (verdict == Verdict::kFresh) {
        ASSERT_TRUE(taken.insert(number).second) << "seed " << seed << ", twice: " << number;
      } else if (verdict == Verdict::kDuplicate) {
        ASSERT_TRUE(taken.contains(number)) << "seed " << seed << ", refused: " << number;
      } else {
        ASSERT_GE(highest - number, DuplicateFilter::kCapacityMin) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace hawser
