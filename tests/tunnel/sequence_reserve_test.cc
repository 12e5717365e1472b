// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sequence_reserve.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(100)};
constexpr std::uint64_t kIn = SequenceReserve::kMinInboundBlock;

SequenceNumber number(std::uint64_t value) { return SequenceNumber(value); }

TEST(SequenceReserve, CoversUpToTheMark) {
  SequenceReserve reserve(number(100), SaDirection::kInbound);
  EXPECT_TRUE(reserve.covers(number(100)));
  EXPECT_FALSE(reserve.covers(number(101)));
  reserve.extend(number(200));
  EXPECT_TRUE(reserve.covers(number(200)));
  reserve.extend(number(150));
  EXPECT_TRUE(reserve.covers(number(200))) << "a mark never goes back";
}

TEST(SequenceReserve, AsksOnceBeforeHalfABlockIsLeft) {
  SequenceReserve reserve(number(kIn), SaDirection::kInbound);
  EXPECT_FALSE(reserve.poll_request(number(kIn / 2), kStart));
  const auto mark = reserve.poll_request(number(kIn / 2 + 1), kStart);
  ASSERT_TRUE(mark);
  EXPECT_EQ(*mark, number(kIn / 2 + 1 + kIn));
  EXPECT_FALSE(reserve.poll_request(number(kIn / 2 + 2), kStart)) << "asked already";
  reserve.extend(*mark);
  EXPECT_FALSE(reserve.poll_request(number(kIn), kStart)) << "enough is left";
}

TEST(SequenceReserve, AsksAgainWhenNobodyAnswers) {
  SequenceReserve reserve(number(10), SaDirection::kInbound);
  ASSERT_TRUE(reserve.poll_request(number(10), kStart));
  EXPECT_FALSE(reserve.poll_request(number(10), kStart + Milliseconds(999)));
  EXPECT_TRUE(reserve.poll_request(number(10), kStart + Seconds(1)));
}

// What a number is wanted for lies beyond the mark: the request reaches over it.
TEST(SequenceReserve, AJumpIsCovered) {
  SequenceReserve reserve(number(64), SaDirection::kInbound);
  const auto mark = reserve.poll_request(number(1'000'000), kStart);
  ASSERT_TRUE(mark);
  EXPECT_GT(*mark, number(1'000'000));
}

struct Rate {
  std::uint64_t per_second;
  std::uint64_t expected_block;
};
class SequenceReserveRate : public testing::TestWithParam<Rate> {};

TEST_P(SequenceReserveRate, ABlockIsFourSecondsWithinBounds) {
  SequenceReserve reserve(number(0), SaDirection::kInbound);
  std::uint64_t highest = 0;
  std::uint64_t block = 0;
  unsigned requests = 0;
  const std::uint64_t steps_per_second = 1000;
  for (std::uint64_t step = 0; step < 15 * steps_per_second; ++step) {
    highest += std::max<std::uint64_t>(GetParam().per_second / steps_per_second, 1);
    const TimePoint now = kStart + Milliseconds(step);
    if (const auto mark = reserve.poll_request(number(highest), now)) {
      block = mark->value() - highest;
      reserve.extend(*mark);
      if (step >= 5 * steps_per_second) ++requests;
    }
    ASSERT_TRUE(reserve.covers(number(highest)));
  }
  EXPECT_NEAR(static_cast<double>(block), static_cast<double>(GetParam().expected_block),
              0.05 * static_cast<double>(GetParam().expected_block));
  // 10 seconds: one in two of them, unless the largest block is passed sooner.
  if (block < SequenceReserve::kMaxBlock) {
    EXPECT_LE(requests, 6u);
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, SequenceReserveRate,
                         testing::Values(Rate{1'000, 4'000}, Rate{100'000, 400'000},
                                         Rate{1'000'000, 4'000'000},
                                         Rate{100'000'000, SequenceReserve::kMaxBlock}));

TEST(SequenceReserve, TheBlockShrinksWithTheRate) {
  SequenceReserve reserve(number(0), SaDirection::kInbound);
  auto mark = reserve.poll_request(number(100'000), kStart);
  reserve.extend(*mark);
  mark = reserve.poll_request(number(200'000), kStart + Seconds(1));
  ASSERT_EQ(mark, number(600'000));
  reserve.extend(*mark);
  // Hours later the rest of the block is used slowly: no more than the minimum is added.
  TimePoint now = kStart + Seconds(36'000);
  EXPECT_FALSE(reserve.poll_request(number(599'000), now));
  mark = reserve.poll_request(number(600'000), now);
  ASSERT_TRUE(mark);
  EXPECT_EQ(*mark, number(600'000 + kIn));
}

TEST(SequenceReserve, TheLastNumbersDoNotWrap) {
  SequenceReserve reserve(number(UINT64_MAX - 5), SaDirection::kOutbound);
  EXPECT_EQ(reserve.poll_request(number(UINT64_MAX - 5), kStart), number(UINT64_MAX));
}

}  // namespace
}  // namespace hawser
