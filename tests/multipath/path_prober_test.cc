// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_prober.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(5)};

PathProbeAnswer answer_to(const PathProbe& probe, std::size_t size = PathProbeAnswer::kMinSize) {
  return {.number = probe.number, .echo = probe.stamp, .size = size};
}

std::vector<PathProbe> probes(PathProber& prober, TimePoint from, Duration length) {
  std::vector<PathProbe> sent;
  for (TimePoint now = from; now < from + length; now += Milliseconds(1)) {
    while (const auto probe = prober.poll(now)) sent.push_back(*probe);
  }
  return sent;
}

TEST(PathProber, EachPaceHasItsInterval) {
  const struct {
    ProbePace pace;
    std::size_t in_three_seconds;
  } cases[] = {{ProbePace::kOff, 0},
               {ProbePace::kIdle, 3},
               {ProbePace::kRetry, 10},
               {ProbePace::kWatch, 30},
               {ProbePace::kUrgent, 300}};
  for (const auto& test : cases) {
    PathProber prober;
    prober.set_pace(test.pace);
    EXPECT_EQ(prober.next_timeout().has_value(), test.in_three_seconds != 0);
    EXPECT_EQ(probes(prober, kStart, Seconds(3)).size(), test.in_three_seconds);
  }
}

TEST(PathProber, ConfirmedPathNeedsNoIdleProbe) {
  PathProber prober;
  prober.set_pace(ProbePace::kIdle);
  probes(prober, kStart, Milliseconds(1));
  prober.note_confirmed(kStart + Milliseconds(700));
  EXPECT_EQ(prober.next_timeout(), kStart + Milliseconds(1700));
  prober.set_pace(ProbePace::kWatch);
  EXPECT_EQ(prober.next_timeout(), kStart + Milliseconds(100));
}

TEST(PathProber, RoundTripIsWithoutTheTimeHeldAndOnce) {
  PathProber prober;
  prober.set_pace(ProbePace::kWatch);
  const auto probe = prober.poll(kStart);
  ASSERT_TRUE(probe);
  PathProbeAnswer answer = answer_to(*probe);
  answer.held = 1 << 10;  // 62.5 ms
  const TimePoint later = kStart + Milliseconds(100);
  EXPECT_EQ(prober.handle_answer(answer, later), std::chrono::microseconds(37'500));
  EXPECT_EQ(prober.handle_answer(answer, later), std::nullopt);
  EXPECT_EQ(prober.answered(kStart, later), 1u);
  EXPECT_EQ(prober.unanswered(kStart, later), 0u);
}

TEST(PathProber, HeldForLongerThanItTookIsNoTimeAtAll) {
  PathProber prober;
  prober.set_pace(ProbePace::kWatch);
  PathProbeAnswer answer = answer_to(*prober.poll(kStart));
  answer.held = 0xffffffff;
  EXPECT_EQ(prober.handle_answer(answer, kStart + Milliseconds(1)), Duration(0));
}

TEST(PathProber, AnswersThatNobodyAskedForAreNone) {
  PathProber prober;
  EXPECT_EQ(prober.handle_answer({.number = 0}, kStart), std::nullopt);
  EXPECT_EQ(prober.handle_answer({.number = 1}, kStart), std::nullopt);
  prober.set_pace(ProbePace::kUrgent);
  const auto first = prober.poll(kStart);
  ASSERT_TRUE(first);
  // So many later that its place is another's.
  probes(prober, kStart, Milliseconds(10) * (PathProber::kOutstandingMax + 1));
  EXPECT_EQ(prober.handle_answer(answer_to(*first), kStart + Seconds(3)), std::nullopt);
}

TEST(PathProber, CountsByTheTimeOfSending) {
  PathProber prober;
  prober.set_pace(ProbePace::kUrgent);
  const auto sent = probes(prober, kStart, Milliseconds(50));
  ASSERT_EQ(sent.size(), 5u);
  ASSERT_TRUE(prober.handle_answer(answer_to(sent[1]), kStart + Milliseconds(45)));
  EXPECT_EQ(prober.unanswered(kStart, kStart + Milliseconds(20)), 2u);
  EXPECT_EQ(prober.unanswered(kStart + Milliseconds(1), kStart + Milliseconds(40)), 3u);
  EXPECT_EQ(prober.answered(kStart + Milliseconds(11), kStart + Milliseconds(40)), 0u);
}

TEST(PathProber, LongProbesGoUntilOneIsAnsweredAsLongAndNoMoreThanTenASecond) {
  PathProber prober(1400);
  prober.set_pace(ProbePace::kUrgent);
  for (const PathProbe& probe : probes(prober, kStart, Milliseconds(50))) {
    EXPECT_EQ(probe.size, PathProbe::kMinSize) << "not wanted yet";
  }
  prober.want_full_size();
  std::vector<PathProbe> long_ones;
  for (const PathProbe& probe : probes(prober, kStart + Seconds(1), Seconds(1))) {
    if (probe.size == 1400) long_ones.push_back(probe);
  }
  ASSERT_EQ(long_ones.size(), 10u);
  EXPECT_TRUE(long_ones[0].answer_as_long);
  const TimePoint later = kStart + Seconds(2);
  EXPECT_TRUE(prober.handle_answer(answer_to(long_ones[8]), later));
  EXPECT_TRUE(prober.is_full_size_wanted()) << "it came through, but not back";
  EXPECT_TRUE(prober.handle_answer(answer_to(long_ones[9], 1400), later));
  EXPECT_FALSE(prober.is_full_size_wanted());
}

TEST(PathProber, WithoutASizeThereAreNoLongProbes) {
  PathProber prober;
  prober.want_full_size();
  EXPECT_FALSE(prober.is_full_size_wanted());
}

}  // namespace
}  // namespace hawser
