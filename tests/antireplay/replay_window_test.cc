// SPDX-License-Identifier: Apache-2.0
#include "antireplay/replay_window.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace hawser {
namespace {

using enum ReplayVerdict;

SequenceNumber seq(std::uint64_t value) { return SequenceNumber(value); }

struct Row {
  std::uint64_t number;
  ReplayVerdict verdict;
};

void expect_rows(ReplayWindow& window, const std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(window.check(seq(rows[i].number)), rows[i].verdict) << "check, row " << i;
    EXPECT_EQ(window.commit(seq(rows[i].number)), rows[i].verdict) << "commit, row " << i;
  }
}

TEST(ReplayWindow, SmallWindowStepByStep) {
  ReplayWindow window(64);
  expect_rows(window,
              {{0, kZero},       {1, kFresh},      {1, kReplayed},  {3, kFresh},    {2, kFresh},
               {2, kReplayed},   {64, kFresh},     {65, kFresh},    {1, kTooOld},   {4, kFresh},
               {128, kFresh},    {64, kTooOld},    {65, kReplayed}, {66, kFresh},   {127, kFresh},
               {127, kReplayed}, {128, kReplayed}, {1000, kFresh},  {936, kTooOld}, {937, kFresh},
               {937, kReplayed}, {999, kFresh},    {0, kZero}});
  EXPECT_EQ(window.highest(), seq(1000));
}

TEST(ReplayWindow, CheckAloneChangesNothing) {
  ReplayWindow window(64);
  EXPECT_EQ(window.check(seq(500)), kFresh);
  EXPECT_EQ(window.check(seq(500)), kFresh);
  EXPECT_EQ(window.highest(), seq(0));
  EXPECT_EQ(window.commit(seq(1)), kFresh);
}

TEST(ReplayWindow, JumpOverManyWindowsForgetsNothingThatCounts) {
  ReplayWindow window(128);
  EXPECT_EQ(window.commit(seq(10)), kFresh);
  EXPECT_EQ(window.commit(seq(10 + 128 * 1000)), kFresh);
  EXPECT_EQ(window.commit(seq(10)), kTooOld);
  // Words that were used long ago and not since count as empty, not as seen.
  for (std::uint64_t back = 1; back < 128; ++back) {
    EXPECT_EQ(window.commit(seq(10 + 128 * 1000 - back)), kFresh) << back;
    EXPECT_EQ(window.commit(seq(10 + 128 * 1000 - back)), kReplayed) << back;
  }
}

TEST(ReplayWindow, CrossesThirtyTwoBits) {
  ReplayWindow window;
  const std::uint64_t top = std::uint64_t{1} << 32;
  EXPECT_EQ(window.commit(seq(top - 1)), kFresh);
  EXPECT_EQ(window.commit(seq(top + 1)), kFresh);
  EXPECT_EQ(window.commit(seq(top)), kFresh);
  EXPECT_EQ(window.commit(seq(top - 1)), kReplayed);
}

// The plain model: what was accepted, and how far back a number may lie.
class Model {
 public:
  explicit Model(std::uint64_t capacity) : capacity_(capacity) {}
  ReplayVerdict commit(std::uint64_t number) {
    if (number == 0) return kZero;
    if (number <= highest_ && highest_ - number >= capacity_) return kTooOld;
    if (!seen_.insert(number).second) return kReplayed;
    highest_ = std::max(highest_, number);
    return kFresh;
  }

 private:
  std::uint64_t capacity_;
  std::uint64_t highest_ = 0;
  std::set<std::uint64_t> seen_;
};

class ReplayWindowModel : public testing::TestWithParam<std::uint32_t> {};

TEST_P(ReplayWindowModel, AgreesOverRandomArrivals) {
  const std::uint32_t capacity = GetParam();
  std::mt19937_64 random(capacity);
  ReplayWindow window(capacity);
  Model model(capacity);
  std::uint64_t around = 1;
  for (int i = 0; i < 100'000; ++i) {
    const auto roll = random() % 1000;
    std::uint64_t number = around;
    if (roll == 0) {
      around += random() % (3 * std::uint64_t{capacity});  // a jump
    } else if (roll < 600) {
      number = ++around;
    } else {
      const std::uint64_t back = random() % (2 * std::uint64_t{capacity});
      number = back < around ? around - back : 0;
    }
    ASSERT_EQ(window.commit(seq(number)), model.commit(number)) << "step " << i << ", " << number;
  }
}

INSTANTIATE_TEST_SUITE_P(Capacities, ReplayWindowModel,
                         testing::Values(64, 128, 1024, 4096, 1u << 20));

TEST(ReplayWindow, FloorCountsAsSeen) {
  ReplayWindow window(1024, seq(500));
  EXPECT_EQ(window.commit(seq(500)), kTooOld);
  EXPECT_EQ(window.commit(seq(1)), kTooOld);
  EXPECT_EQ(window.commit(seq(501)), kFresh);
  EXPECT_EQ(window.commit(seq(499)), kTooOld);
  EXPECT_EQ(window.highest(), seq(501));
}

TEST(ReplayWindow, GrowingDoesNotVouchForWhatWasOutside) {
  ReplayWindow window(64);
  EXPECT_EQ(window.commit(seq(1000)), kFresh);
  EXPECT_EQ(window.commit(seq(990)), kFresh);
  window.resize(4096);
  EXPECT_EQ(window.commit(seq(936)), kTooOld) << "may have been seen before the window passed it";
  EXPECT_EQ(window.commit(seq(937)), kFresh);
  EXPECT_EQ(window.commit(seq(990)), kReplayed);
  EXPECT_EQ(window.commit(seq(1000)), kReplayed);
  EXPECT_EQ(window.commit(seq(5000)), kFresh);
  EXPECT_EQ(window.commit(seq(1001)), kFresh) << "the whole new capacity serves what comes after";
}

TEST(ReplayWindow, ShrinkingAndGrowingAgainForgetsNothing) {
  ReplayWindow window(4096);
  for (std::uint64_t n = 1; n <= 4000; n += 2) EXPECT_EQ(window.commit(seq(n)), kFresh);
  window.resize(64);
  window.resize(4096);
  for (std::uint64_t n = 1; n <= 3999; n += 2) EXPECT_NE(window.commit(seq(n)), kFresh) << n;
  EXPECT_EQ(window.commit(seq(3998)), kFresh);
  EXPECT_EQ(window.commit(seq(3934)), kTooOld);
}

// No number is accepted twice, whatever the arrivals and resizes; and what was never further back
// than the smallest capacity since the highest passed it is accepted once.
TEST(ReplayWindow, RandomResizesKeepTheInvariants) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    ReplayWindow window(64);
    std::set<std::uint64_t> accepted;
    std::uint64_t around = 1;
    std::uint64_t guaranteed_above = 0;  // numbers up to this may count as seen
    const auto update_guarantee = [&] {
      const std::uint64_t highest = window.highest().value();
      const std::uint64_t covered = highest < window.capacity() ? 0 : highest - window.capacity();
      guaranteed_above = std::max(guaranteed_above, covered);
    };
    for (int i = 0; i < 20'000; ++i) {
      if (random() % 200 == 0) {
        window.resize(64u << random() % 11);
        update_guarantee();
      }
      const auto roll = random() % 1000;
      const std::uint64_t jump = roll < 2 ? random() % 200'000 : 1;
      std::uint64_t number = around += jump;
      if (roll > 500) {
        const std::uint64_t back = random() % (1u << random() % 17);
        number = back < around ? around - back : 1;
      }
      const ReplayVerdict verdict = window.commit(seq(number));
      if (verdict == kFresh) {
        ASSERT_TRUE(accepted.insert(number).second) << "seed " << seed << ", twice: " << number;
      } else if (number > guaranteed_above) {
        ASSERT_TRUE(accepted.contains(number)) << "seed " << seed << ", refused: " << number;
      }
      update_guarantee();
    }
  }
}

}  // namespace
}  // namespace hawser
