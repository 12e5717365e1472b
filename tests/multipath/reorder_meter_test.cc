// SPDX-License-Identifier: Apache-2.0
#include "multipath/reorder_meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace hawser {
namespace {

TimePoint at(std::size_t index) { return TimePoint(Milliseconds(10 * index)); }

// The definitions of RFC 4737, as slow as they are written.
ReorderCounts by_definition(const std::vector<std::uint64_t>& arrivals) {
  ReorderCounts counts;
  std::uint64_t next_expected = 0;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    ++counts.packets;
    if (arrivals[i] >= next_expected) {
      next_expected = arrivals[i] + 1;
      continue;
    }
    ++counts.reordered;
    std::size_t earliest = 0;
    while (arrivals[earliest] <= arrivals[i]) ++earliest;
    counts.extent_sum += i - earliest;
    counts.extent_max = std::max<std::uint64_t>(counts.extent_max, i - earliest);
    counts.late_max = std::max(counts.late_max, at(i) - at(earliest));
    if (i >= 3 && arrivals[i - 1] > arrivals[i] && arrivals[i - 2] > arrivals[i] &&
        arrivals[i - 3] > arrivals[i]) {
      ++counts.n_reordered;
    }
  }
  return counts;
}

ReorderCounts measured(const std::vector<std::uint64_t>& arrivals, ReorderMeter meter) {
  for (std::size_t i = 0; i < arrivals.size(); ++i) meter.note(arrivals[i], at(i));
  return meter.counts();
}

void expect_same(const ReorderCounts& a, const ReorderCounts& b) {
  EXPECT_EQ(a.packets, b.packets);
  EXPECT_EQ(a.reordered, b.reordered);
  EXPECT_EQ(a.n_reordered, b.n_reordered);
  EXPECT_EQ(a.extent_max, b.extent_max);
  EXPECT_EQ(a.extent_sum, b.extent_sum);
  EXPECT_EQ(a.late_max, b.late_max);
}

// RFC 4737 section 7: one block of three that comes late, and what each metric says of it.
TEST(ReorderMeter, AgreesWithTheRfcsExample) {
  const ReorderCounts counts = measured({1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11}, ReorderMeter());
  EXPECT_EQ(counts.packets, 11u);
  EXPECT_EQ(counts.reordered, 3u);
  EXPECT_EQ(counts.extent_sum, 4u + 5u + 6u);
  EXPECT_EQ(counts.extent_max, 6u);
  EXPECT_EQ(counts.n_reordered, 1u) << "only 4 has three greater ones right before it";
  EXPECT_EQ(counts.late_max, Duration(Milliseconds(60)));
  EXPECT_NEAR(counts.ratio(), 3.0 / 11, 1e-12);
}

TEST(ReorderMeter, AGapIsNotReordering) {
  const ReorderCounts counts = measured({5, 9, 100}, ReorderMeter());
  EXPECT_EQ(counts.reordered, 0u);
  EXPECT_EQ(counts.packets, 3u);
}

TEST(ReorderMeter, SaysOfEachPacketHowLateItIs) {
  ReorderMeter meter;
  meter.note(1, at(0));
  meter.note(3, at(1));
  meter.note(4, at(2));
  const Lateness lateness = meter.note(2, at(5));
  EXPECT_EQ(lateness.extent, 2u);
  EXPECT_EQ(lateness.late, Duration(Milliseconds(40)));
  EXPECT_EQ(meter.note(5, at(6)).extent, 0u);
}

TEST(ReorderMeter, AgreesWithTheDefinitionsOnAnyOrder) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    const double spread = std::uniform_real_distribution(0.0, 60.0)(random);
    std::vector<std::pair<double, std::uint64_t>> sent;
    for (std::uint64_t number = 0; number < 500; ++number) {
      if (std::bernoulli_distribution(0.1)(random)) continue;
      const double late = std::uniform_real_distribution(0.0, spread)(random);
      sent.emplace_back(static_cast<double>(number) + late, number);
    }
    std::ranges::sort(sent);
    std::vector<std::uint64_t> arrivals;
    for (const auto& [time, number] : sent) arrivals.push_back(number);
    SCOPED_TRACE(seed);
    expect_same(measured(arrivals, ReorderMeter()), by_definition(arrivals));
  }
}

TEST(ReorderMeter, BeyondItsMemoryTheDistanceStandsForTheExtent) {
  ReorderMeter meter(4);
  for (std::uint64_t number = 2; number <= 1000; ++number) meter.note(number, at(number));
  EXPECT_EQ(meter.note(1, at(1001)).extent, 999u);
}

}  // namespace
}  // namespace hawser
