// SPDX-License-Identifier: Apache-2.0
#include "multipath/loss_meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace hawser {
namespace {

LossCounts counted(const std::vector<std::uint64_t>& arrivals) {
  LossMeter meter;
  for (const std::uint64_t sequence : arrivals) meter.note(sequence);
  meter.settle(meter.highest());
  return meter.counts();
}

TEST(LossMeter, CountsPacketsAndRuns) {
  const LossCounts counts = counted({1, 2, 5, 6, 8, 12, 13});
  EXPECT_EQ(counts.lost, 2u + 1u + 3u);
  EXPECT_EQ(counts.runs, 3u);
}

TEST(LossMeter, WhatWasLostBeforeTheFirstIsCounted) { EXPECT_EQ(counted({3}).lost, 2u); }

TEST(LossMeter, WhoBeginsToListenLateMissesNothing) { EXPECT_EQ(counted({5000, 5002}).lost, 1u); }

TEST(LossMeter, WhatWasNotNotedIsNotMissing) {
  LossMeter meter;
  for (const std::uint64_t sequence : {1, 2, 4}) meter.note(sequence);
  EXPECT_EQ(meter.missing(), 1u);
  meter.begin_at(1000);
  for (const std::uint64_t sequence : {1000, 1001, 1003}) meter.note(sequence);
  EXPECT_EQ(meter.missing(), 1u);
  meter.note(1002);
  EXPECT_EQ(meter.missing(), 0u);
  meter.note(500);
  meter.settle(meter.highest());
  EXPECT_EQ(meter.counts().lost, 1u) << "3, which was noted as missing before";
}

TEST(LossMeter, WaitsForAsManyAsReorderingExplains) {
  LossMeter meter;
  for (const std::uint64_t sequence : {1, 3, 4}) meter.note(sequence);
  EXPECT_EQ(meter.counts().lost, 0u);
  EXPECT_TRUE(meter.waits());
  meter.note(5);
  EXPECT_EQ(meter.counts().lost, 1u) << "three came after it";
  EXPECT_FALSE(meter.waits());
}

TEST(LossMeter, ALatePacketIsNoLossAndTeachesPatience) {
  LossMeter meter;
  meter.note(1);
  for (std::uint64_t sequence = 3; sequence <= 42; ++sequence) meter.note(sequence);
  EXPECT_EQ(meter.counts().lost, 1u);
  meter.note(2);
  EXPECT_EQ(meter.counts().lost, 0u);
  EXPECT_EQ(meter.counts().runs, 0u);
  for (std::uint64_t sequence = 44; sequence <= 83; ++sequence) meter.note(sequence);
  EXPECT_EQ(meter.counts().lost, 0u) << "40 behind has been seen";
  for (std::uint64_t sequence = 84; sequence <= 100; ++sequence) meter.note(sequence);
  EXPECT_EQ(meter.counts().lost, 1u);
}

TEST(LossMeter, PatienceIsForgottenWhereNothingIsReordered) {
  LossMeter meter;
  meter.note(1);
  for (std::uint64_t sequence = 3; sequence <= 500; ++sequence) meter.note(sequence);
  meter.note(2);
  std::uint64_t sequence = 501;
  for (; sequence < 3 * LossMeter::kEpoch; ++sequence) meter.note(sequence);
  for (const int behind : {1, 2, 3}) meter.note(sequence + static_cast<std::uint64_t>(behind));
  EXPECT_EQ(meter.counts().lost, 1u);
}

TEST(LossMeter, ALongOutageIsOneRun) {
  LossMeter meter;
  meter.note(1);
  meter.note(500'001);
  EXPECT_EQ(meter.counts().lost, 499'999u);
  EXPECT_EQ(meter.counts().runs, 1u);
  meter.note(250'000);
  EXPECT_EQ(meter.counts().lost, 499'998u) << "late, however late";
}

TEST(LossMeter, ASkipAheadIsNotALoss) {
  LossMeter meter;
  meter.note(1);
  meter.note(3);
  meter.note(4 + LossMeter::kJump);
  EXPECT_EQ(meter.counts().lost, 1u) << "the one before it still is";
  meter.note(100);
  EXPECT_EQ(meter.counts().lost, 1u);
}

// Whatever the order of arrival, what is lost in the end is what never came.
TEST(LossMeter, AgreesWithASetUnderReordering) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const double loss = std::uniform_real_distribution(0.0, 0.3)(random);
    const double spread =
        std::uniform_real_distribution(0.0, seed % 4 == 0 ? 4000.0 : 30.0)(random);
    std::vector<std::pair<double, std::uint64_t>> arrivals;
    std::set<std::uint64_t> came;
    for (std::uint64_t sequence = 1; sequence <= 20'000; ++sequence) {
      if (std::bernoulli_distribution(loss)(random)) continue;
      const double late = std::uniform_real_distribution(0.0, spread)(random);
      arrivals.emplace_back(static_cast<double>(sequence) + late, sequence);
      came.insert(sequence);
    }
    std::ranges::sort(arrivals);
    std::vector<std::uint64_t> order;
    for (const auto& [time, sequence] : arrivals) order.push_back(sequence);
    std::uint64_t runs = 0;
    for (std::uint64_t sequence = 1; sequence <= *came.rbegin(); ++sequence) {
      if (came.contains(sequence)) continue;
      if (sequence == 1 || came.contains(sequence - 1)) ++runs;
    }
    const LossCounts counts = counted(order);
    EXPECT_EQ(counts.lost, *came.rbegin() - came.size()) << "seed " << seed;
    EXPECT_EQ(counts.runs, runs) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hawser
