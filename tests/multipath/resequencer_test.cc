// SPDX-License-Identifier: Apache-2.0
#include "multipath/resequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration kBound = Milliseconds(50);

// Feeds frames whose only octet is the low one of their sequence, and hears what comes out.
class Resequencing : public testing::Test {
 protected:
  struct Frame {
    std::uint32_t path = 0;
    std::optional<std::uint64_t> missing{};
    TrafficClass traffic_class = TrafficClass::kBulk;
    std::uint16_t bucket = 7;
    bool recovered = false;
  };

  Resequencing() { resequencer_.set_bound(kBound); }

  // The frames that are delivered because this one came.
  std::vector<std::uint32_t> come(std::uint32_t sequence, const Frame& frame) {
    const std::uint8_t octet = static_cast<std::uint8_t>(sequence);
    const OrderVerdict verdict = resequencer_.handle(
        {.type = ShimType::kData,
         .traffic_class = frame.traffic_class,
         .recovered = frame.recovered,
         .bucket = frame.bucket,
         .sequence = sequence},
        {.path = PathId(frame.path), .payload = {&octet, 1}, .path_missing = frame.missing}, now_);
    last_ = verdict;
    std::vector<std::uint32_t> delivered;
    if (verdict == OrderVerdict::kDeliver || verdict == OrderVerdict::kLate) {
      delivered.push_back(octet);
    }
    for (const std::uint32_t number : released()) delivered.push_back(number);
    return delivered;
  }
  std::vector<std::uint32_t> come(std::uint32_t sequence) { return come(sequence, Frame{}); }

  std::vector<std::uint32_t> released() {
    std::vector<std::uint32_t> octets;
    while (const auto packet = resequencer_.poll_released()) octets.push_back(packet->payload[0]);
    resequencer_.recycle();
    return octets;
  }
  std::vector<std::uint32_t> wait(Duration time) {
    now_ += time;
    if (resequencer_.next_timeout() && *resequencer_.next_timeout() <= now_) {
      resequencer_.handle_timeout(now_);
    }
    return released();
  }
  // A bucket that has been there for a while, and goes on with sequence 1.
  void begin() { begin(Frame{}); }
  void begin(const Frame& frame) {
    come(0, frame);
    now_ += 2 * kBound;
  }

  Resequencer resequencer_;
  TimePoint now_{Seconds(100)};
  OrderVerdict last_{};
};

TEST_F(Resequencing, WhatIsInOrderPasses) {
  for (std::uint32_t sequence = 0; sequence < 100; ++sequence) {
    EXPECT_THAT(come(sequence), ElementsAre(sequence));
    EXPECT_EQ(last_, OrderVerdict::kDeliver);
  }
  EXPECT_EQ(resequencer_.held_packets(), 0u);
}

TEST_F(Resequencing, WhatIsAheadWaitsForWhatIsMissing) {
  begin();
  come(1, {.path = 1});
  EXPECT_THAT(come(4), IsEmpty());
  EXPECT_THAT(come(6), IsEmpty());
  EXPECT_THAT(come(5), IsEmpty());
  EXPECT_THAT(come(3), IsEmpty());
  EXPECT_EQ(last_, OrderVerdict::kHeld);
  EXPECT_EQ(resequencer_.held_packets(), 4u);
  EXPECT_THAT(come(2, {.path = 1}), ElementsAre(2, 3, 4, 5, 6));
  EXPECT_EQ(resequencer_.held_packets(), 0u);
  EXPECT_EQ(resequencer_.held_bytes(), 0u);
}

TEST_F(Resequencing, NothingWaitsLongerThanTheBound) {
  begin();
  come(1, {.path = 1});
  EXPECT_THAT(come(3), IsEmpty());
  EXPECT_THAT(wait(kBound / 2), IsEmpty());
  EXPECT_THAT(come(5), IsEmpty());
  EXPECT_THAT(wait(kBound / 2 - Duration(1)), IsEmpty());
  EXPECT_THAT(wait(Duration(1)), ElementsAre(3));
  EXPECT_THAT(wait(kBound / 2), ElementsAre(5));
  EXPECT_EQ(resequencer_.counters().timeouts, 2u);
  EXPECT_EQ(resequencer_.counters().lost_frames, 2u);
  EXPECT_THAT(come(2, {.path = 1}), ElementsAre(2)) << "late is better than never";
  EXPECT_EQ(last_, OrderVerdict::kLate);
  EXPECT_THAT(come(2, {.path = 1}), IsEmpty());
  EXPECT_EQ(last_, OrderVerdict::kDuplicate);
}

TEST_F(Resequencing, ALossOnASinglePathWaitsForNothing) {
  begin();
  EXPECT_THAT(come(2), ElementsAre(2));
  EXPECT_THAT(come(9), ElementsAre(9));
  EXPECT_EQ(resequencer_.counters().early_skips, 2u);
  EXPECT_EQ(resequencer_.counters().lost_frames, 7u);
}

// What was sent while the other paths were dead is not waited for when one lives again.
TEST_F(Resequencing, AfterARestWhatIsMissingMayBeOnAnyPathUnlessThereIsOne) {
  begin();
  wait(Seconds(3));
  EXPECT_THAT(come(30, {.path = 1, .missing = 0}), IsEmpty());
  EXPECT_THAT(wait(kBound), ElementsAre(30));
  resequencer_.set_one_path(true);
  wait(Seconds(3));
  EXPECT_THAT(come(60, {.path = 1, .missing = 0}), ElementsAre(60));
  EXPECT_THAT(come(62, {.path = 1, .missing = 1}), ElementsAre(62));
  resequencer_.set_one_path(false);
  wait(Seconds(3));
  EXPECT_THAT(come(90, {.path = 1, .missing = 1}), IsEmpty());
  resequencer_.set_one_path(true);
  EXPECT_THAT(wait(Duration(1)), ElementsAre(90));
}

TEST_F(Resequencing, ALossIsKnownWhenEachPathHasPassedIt) {
  begin();
  come(1, {.path = 1});
  EXPECT_THAT(come(3), IsEmpty());
  EXPECT_THAT(come(5, {.path = 1}), ElementsAre(3)) << "4 may still come on path 0";
  EXPECT_THAT(come(6), ElementsAre(5, 6));
  EXPECT_EQ(resequencer_.counters().early_skips, 2u);
}

// A path that fills one end of a gap has passed the rest of it.
TEST_F(Resequencing, ALossAtTheEndOfAPathsTurnIsKnownToo) {
  begin();
  come(1, {.path = 1});
  EXPECT_THAT(come(6), IsEmpty()) << "2 was lost on path 0; 3 to 5 are on path 1";
  EXPECT_THAT(come(3, {.path = 1}), ElementsAre(3));
  EXPECT_THAT(come(4, {.path = 1}), ElementsAre(4));
  EXPECT_THAT(come(5, {.path = 1}), ElementsAre(5, 6));
}

TEST_F(Resequencing, APathThatMissesNothingDidNotLoseIt) {
  begin({.missing = 4});
  EXPECT_THAT(come(3, {.missing = 4}), IsEmpty()) << "it must be on a path that is not known yet";
  EXPECT_THAT(come(1, {.path = 1, .missing = 0}), ElementsAre(1));
  EXPECT_THAT(come(2, {.path = 1, .missing = 0}), ElementsAre(2, 3));
  EXPECT_THAT(come(5, {.missing = 5}), IsEmpty());
  EXPECT_THAT(come(6, {.path = 1, .missing = 0}), ElementsAre(5, 6));
}

TEST_F(Resequencing, ALossIsNoLargerThanWhatThePathMissed) {
  begin({.missing = 0});
  EXPECT_THAT(come(5, {.missing = 1}), IsEmpty()) << "3 of 1 to 4 are elsewhere, on a new path";
  EXPECT_THAT(come(2, {.path = 1, .missing = 0}), ElementsAre(2)) << "1 is the one";
  EXPECT_THAT(come(3, {.path = 1, .missing = 0}), ElementsAre(3));
  EXPECT_THAT(come(4, {.path = 1, .missing = 0}), ElementsAre(4, 5));
  EXPECT_EQ(resequencer_.counters().lost_frames, 1u);
}

TEST_F(Resequencing, APathThatReordersIsGivenTime) {
  resequencer_.set_path_reorders(PathId(0), Milliseconds(5));
  begin();
  EXPECT_THAT(come(2), IsEmpty());
  EXPECT_THAT(wait(Milliseconds(4)), IsEmpty());
  EXPECT_THAT(wait(Milliseconds(1)), ElementsAre(2));
  EXPECT_THAT(come(4), IsEmpty());
  EXPECT_THAT(come(3), ElementsAre(3, 4));
}

TEST_F(Resequencing, APathThatIsGoneIsNotWaitedFor) {
  begin();
  come(1, {.path = 1});
  EXPECT_THAT(come(3), IsEmpty());
  resequencer_.forget_path(PathId(1));
  EXPECT_THAT(wait(Duration(0)), ElementsAre(3));
  come(4, {.path = 2});
  wait(Milliseconds(1100));
  come(5);
  wait(2 * kBound);
  EXPECT_THAT(come(7), ElementsAre(7)) << "path 2 was silent for a second";
}

TEST_F(Resequencing, FramesThatOvertookTheFirstOnesAreOrdered) {
  EXPECT_THAT(come(2), IsEmpty());
  EXPECT_THAT(come(0, {.path = 1}), ElementsAre(0));
  EXPECT_THAT(come(1, {.path = 1}), ElementsAre(1, 2));
  // Met in the middle: what was before is not known.
  EXPECT_THAT(come(0x10002, {.bucket = 8}), IsEmpty());
  EXPECT_THAT(come(0x10001, {.path = 1, .bucket = 8}), IsEmpty());
  EXPECT_THAT(wait(kBound), ElementsAre(1, 2));
  EXPECT_EQ(resequencer_.counters().lost_frames, 0u) << "nobody knows of any";
}

TEST_F(Resequencing, RealTimeNeitherWaitsNorIsWaitedFor) {
  const Frame voice{.traffic_class = TrafficClass::kRealTime};
  EXPECT_THAT(come(3, voice), ElementsAre(3));
  EXPECT_THAT(come(5, voice), ElementsAre(5));
  EXPECT_THAT(come(4, voice), ElementsAre(4));
  EXPECT_THAT(come(4, voice), IsEmpty()) << "but each comes once";
  EXPECT_THAT(come(6), ElementsAre(6)) << "what it passed over is not missing to others";
}

TEST_F(Resequencing, AFlowMayChangeItsClassWhileFramesWait) {
  const Frame voice{.path = 1, .traffic_class = TrafficClass::kRealTime};
  const Frame slow_voice{.path = 2, .traffic_class = TrafficClass::kRealTime};
  begin();
  EXPECT_THAT(come(1, slow_voice), ElementsAre(1));
  EXPECT_THAT(come(4), IsEmpty());
  EXPECT_THAT(come(3, voice), ElementsAre(3));
  EXPECT_THAT(come(6), IsEmpty());
  EXPECT_THAT(come(5, voice), ElementsAre(5));
  EXPECT_THAT(come(2, slow_voice), ElementsAre(2, 4, 6));
}

TEST_F(Resequencing, ASequenceGoesRound) {
  Frame frame{.bucket = 9};
  for (std::uint32_t i = 0; i < 300; i += 3) {
    const std::uint32_t sequence = 0xffffff00u + i;
    if (i == 0) {
      come(sequence, frame);
      wait(2 * kBound);
      come(sequence + 1, {.path = 1, .bucket = 9});
      come(sequence + 2, frame);
      continue;
    }
    EXPECT_THAT(come(sequence + 1, frame), IsEmpty());
    EXPECT_THAT(come(sequence + 2, frame), IsEmpty());
    EXPECT_EQ(come(sequence, {.path = 1, .bucket = 9}).size(), 3u) << i;
  }
}

TEST_F(Resequencing, ASenderThatBeganAnewDoesNotStall) {
  for (std::uint32_t sequence = 0; sequence < 50; ++sequence) come(sequence);
  resequencer_.reset(now_);
  EXPECT_THAT(come(0), ElementsAre(0)) << "it said so";
  EXPECT_THAT(come(1), ElementsAre(1));
  EXPECT_THAT(come(0x60000000), IsEmpty());
  EXPECT_THAT(wait(kBound), ElementsAre(0)) << "seen by the jump";
  EXPECT_THAT(come(0x60000001), ElementsAre(1));
  come(2);
  EXPECT_THAT(wait(kBound), ElementsAre(2)) << "and back";
  EXPECT_EQ(resequencer_.counters().restarts, 2u);
}

TEST_F(Resequencing, AnIdleBucketGivesItsMemoryBackAndGoesOn) {
  for (std::uint32_t sequence = 0; sequence < 50; ++sequence) come(sequence);
  EXPECT_EQ(resequencer_.bucket_count(), 1u);
  while (resequencer_.next_timeout()) {
    ASSERT_LT(now_, TimePoint(Seconds(120))) << "it comes to rest";
    now_ = *resequencer_.next_timeout();
    resequencer_.handle_timeout(now_);
  }
  EXPECT_EQ(resequencer_.bucket_count(), 0u);
  EXPECT_THAT(come(49), IsEmpty()) << "it still knows what came";
  EXPECT_THAT(come(51), IsEmpty());
  EXPECT_THAT(come(50, {.path = 1}), ElementsAre(50, 51)) << "and what comes next";
}

TEST_F(Resequencing, BucketsAreBounded) {
  for (std::uint32_t bucket = 0; bucket < 65536; ++bucket) {
    come(0, {.bucket = static_cast<std::uint16_t>(bucket)});
    now_ += Duration(1000);
  }
  EXPECT_EQ(resequencer_.bucket_count(), Resequencer::kBucketsMax);
  EXPECT_THAT(come(0, {.bucket = 3}), IsEmpty()) << "once, even so";
}

TEST_F(Resequencing, HeldMemoryIsBounded) {
  const std::vector<std::uint8_t> payload(9000);
  const auto give = [&](std::uint16_t bucket, std::uint32_t sequence, std::size_t size) {
    resequencer_.handle({.type = ShimType::kData,
                         .traffic_class = TrafficClass::kBulk,
                         .bucket = bucket,
                         .sequence = sequence},
                        {.path = PathId(0), .payload = ByteSpan(payload).first(size)}, now_);
    EXPECT_LE(resequencer_.held_bytes(), Resequencer::kHeldBytesMax);
    EXPECT_LE(resequencer_.held_packets(), Resequencer::kHeldPacketsMax);
    while (resequencer_.poll_released()) {
    }
    resequencer_.recycle();
  };
  for (std::uint32_t i = 1; i < 5000; ++i) give(static_cast<std::uint16_t>(i % 3), 1 + i / 3, 9000);
  EXPECT_GT(resequencer_.counters().overflows, 0u);
  EXPECT_GT(resequencer_.held_bytes(), Resequencer::kHeldBytesMax / 2);
  const std::uint64_t before = resequencer_.counters().overflows;
  for (std::uint32_t i = 1; i < 70'000; ++i) give(5, 2 * i, 40);
  EXPECT_GT(resequencer_.counters().overflows, before);
}

TEST_F(Resequencing, FramesOfOtherBucketsDoNotWait) {
  begin();
  come(1, {.path = 1});
  EXPECT_THAT(come(3), IsEmpty());
  EXPECT_THAT(come(0, {.bucket = 8}), ElementsAre(0));
}

TEST_F(Resequencing, AFrameGoesBehindThoseThatWereNotPolledYet) {
  begin();
  come(1, {.path = 1});
  come(3);
  now_ += kBound;
  resequencer_.handle_timeout(now_);
  EXPECT_THAT(come(4), ElementsAre(3, 4));
  EXPECT_EQ(last_, OrderVerdict::kHeld);
}

}  // namespace
}  // namespace hawser
