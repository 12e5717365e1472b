// SPDX-License-Identifier: Apache-2.0
#include "antireplay/window_sizer.h"

#include <gtest/gtest.h>

#include "tests/support/arrivals.h"

namespace hawser {
namespace {

// What an SA does with a stream of its own sound packets: every refusal is a false one.
struct Outcome {
  std::uint64_t false_drops = 0;
  std::uint64_t drops_when_settled = 0;  // outside the first 1,000 packets after a change
  double mean_memory = 0;
  std::uint32_t last_capacity = 0;
};

constexpr std::uint64_t kSettling = 1000;

Outcome run(const ArrivalSpec& spec, std::uint32_t capacity, bool self_sizing) {
  ReplayWindow window(capacity);
  WindowSizer sizer({.min_capacity = capacity});
  const std::uint64_t rate = spec.per_second;
  const std::uint64_t change = rate * static_cast<std::uint64_t>(spec.before.count());
  const std::uint64_t back = change + rate * static_cast<std::uint64_t>(spec.during.count());
  Outcome outcome;
  std::uint64_t next_change = change;
  std::uint64_t settled_at = 0;
  std::uint64_t count = 0;
  for (const Arrival& arrival : make_arrivals(spec)) {
    const SequenceNumber number(arrival.number);
    const std::uint64_t highest = window.highest().value();
    const ReplayVerdict verdict = window.commit(number);
    const bool late = arrival.number < highest;
    // The first packet that was sent under the new conditions begins the change.
    if (arrival.number > next_change) {
      settled_at = count + kSettling;
      next_change = next_change == change ? back : UINT64_MAX;
    }
    if (verdict == ReplayVerdict::kTooOld) {
      ++outcome.false_drops;
      if (count >= settled_at) ++outcome.drops_when_settled;
    }
    if (self_sizing) {
      const bool known = verdict == ReplayVerdict::kFresh || sizer.take_sample(arrival.at);
      if (late && known) sizer.note_late(highest - arrival.number);
      window.resize(sizer.update(window.capacity(), window.highest(), arrival.at));
    }
    outcome.mean_memory += static_cast<double>(window.memory_bytes());
    ++count;
  }
  outcome.mean_memory /= static_cast<double>(count);
  outcome.last_capacity = window.capacity();
  return outcome;
}

class SizerOverReordering : public testing::TestWithParam<Reordering> {};

TEST_P(SizerOverReordering, AsGoodAsALargeWindowInLittleMemory) {
  const ArrivalSpec spec{.kind = GetParam()};
  const Outcome small = run(spec, 64, false);
  const Outcome large = run(spec, 32768, false);
  EXPECT_GT(small.false_drops, 1000u) << "the reordering is too much for a small window";
  EXPECT_EQ(large.false_drops, 0u);
  for (const std::uint32_t minimum : {64u, 1024u}) {
    const Outcome sizing = run(spec, minimum, true);
    EXPECT_EQ(sizing.drops_when_settled, large.drops_when_settled);
    EXPECT_LT(sizing.mean_memory, large.mean_memory / 16);
    EXPECT_EQ(sizing.last_capacity, minimum) << "back at its minimum after the reordering ended";
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, SizerOverReordering,
                         testing::Values(Reordering::kTwoPaths, Reordering::kLate,
                                         Reordering::kEcmp));

TEST(WindowSizer, GrowsAtOnceAndShrinksInSteps) {
  WindowSizer sizer({.min_capacity = 64});
  TimePoint now{Seconds(100)};
  std::uint32_t capacity = sizer.update(64, SequenceNumber(1'000'000), now);
  EXPECT_EQ(capacity, 64u);
  sizer.note_late(10'000);
  capacity = sizer.update(capacity, SequenceNumber(1'000'001), now);
  EXPECT_EQ(capacity, 32768u);
  unsigned seconds = 0;
  for (; capacity > 64 && seconds < 100; ++seconds) {
    now += Seconds(1);
    const std::uint32_t next = sizer.update(capacity, SequenceNumber(1'000'002), now);
    EXPECT_GE(next, capacity / 4);
    capacity = next;
  }
  EXPECT_GE(seconds, 8u);
  EXPECT_LE(seconds, 40u);
}

TEST(WindowSizer, StaysWithinItsBounds) {
  WindowSizer sizer({.min_capacity = 128, .max_capacity = 2048});
  EXPECT_EQ(sizer.update(64, SequenceNumber(5), TimePoint(Seconds(1))), 128u);
  sizer.note_late(UINT64_MAX - 1);
  EXPECT_EQ(sizer.update(128, SequenceNumber(5), TimePoint(Seconds(1))), 2048u);
}

TEST(WindowSizer, SamplesAreFewASecond) {
  WindowSizer sizer({});
  unsigned taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += sizer.take_sample(TimePoint(Seconds(10))) ? 1 : 0;
  EXPECT_EQ(taken, WindowSizer::kSamplesPerSecond);
  EXPECT_TRUE(sizer.take_sample(TimePoint(Seconds(11))));
}

// A recording played again is authentic but not late: it must not inflate the window.
TEST(WindowSizer, WhatIsOlderThanAnyDelayIsNotBelieved) {
  WindowSizer sizer({.min_capacity = 64});
  std::uint32_t capacity = 64;
  for (unsigned second = 0; second < 20; ++second) {
    capacity = sizer.update(capacity, SequenceNumber(1 + second * 10'000),
                            TimePoint(Seconds(100 + second)));
  }
  sizer.note_late(150'000);
  EXPECT_EQ(sizer.update(capacity, SequenceNumber(190'001), TimePoint(Seconds(119))), 64u);
  sizer.note_late(20'000);
  EXPECT_EQ(sizer.update(capacity, SequenceNumber(190'001), TimePoint(Seconds(119))), 65536u);
}

// After near silence the traffic of the last seconds is no measure: only what they began with is.
TEST(WindowSizer, LearnsAtOnceWhenTrafficBeginsToFlowFast) {
  WindowSizer sizer({.min_capacity = 64});
  std::uint32_t capacity = 64;
  std::uint64_t highest = 0;
  TimePoint now{Seconds(100)};
  for (unsigned i = 0; i < 100; ++i) {  // ten packets a second
    now += Milliseconds(100);
    capacity = sizer.update(capacity, SequenceNumber(++highest), now);
  }
  for (unsigned i = 0; i < 100; ++i) {  // 64 in a millisecond
    now += Milliseconds(1);
    capacity = sizer.update(capacity, SequenceNumber(highest += 64), now);
    if (i > 50) sizer.note_late(2500);
  }
  EXPECT_EQ(sizer.update(capacity, SequenceNumber(highest), now), 8192u);
}

}  // namespace
}  // namespace hawser
