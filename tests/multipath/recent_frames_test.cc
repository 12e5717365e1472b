// SPDX-License-Identifier: Apache-2.0
#include "multipath/recent_frames.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

constexpr PathId kDead(1);
constexpr PathId kOther(2);
TimePoint at(int ms) { return TimePoint(Seconds(100)) + Milliseconds(ms); }

void add(RecentFrames& frames, std::uint32_t sequence, PathId path, TrafficClass traffic_class,
         TimePoint now) {
  const std::vector<std::uint8_t> payload(100 + sequence, static_cast<std::uint8_t>(sequence));
  frames.add({.bucket = 7,
              .sequence = sequence,
              .traffic_class = traffic_class,
              .path = path,
              .payload = payload},
             now);
}

std::vector<std::uint32_t> poll_all(RecentFrames& frames) {
  std::vector<std::uint32_t> sequences;
  while (const auto again = frames.poll()) {
    EXPECT_EQ(again->bucket, 7);
    EXPECT_EQ(again->payload.size(), 100 + again->sequence);
    EXPECT_EQ(again->payload.front(), static_cast<std::uint8_t>(again->sequence));
    sequences.push_back(again->sequence);
  }
  return sequences;
}

TEST(RecentFrames, WhatWentByTheDeadPathGoesAgainOnceAndInOrder) {
  RecentFrames frames;
  for (std::uint32_t i = 0; i < 10; ++i) {
    add(frames, i, i % 2 == 0 ? kDead : kOther, TrafficClass::kRealTime,
        at(20 * static_cast<int>(i)));
  }
  EXPECT_TRUE(poll_all(frames).empty());
  frames.send_again(kDead, Milliseconds(70), at(190));
  EXPECT_EQ(poll_all(frames), (std::vector<std::uint32_t>{6, 8})) << "the others are too late";
  EXPECT_TRUE(poll_all(frames).empty());
}

TEST(RecentFrames, WhatIsNotRealTimeGoesAgainThoughItIsLate) {
  RecentFrames frames;
  add(frames, 1, kDead, TrafficClass::kInteractive, at(0));
  add(frames, 2, kDead, TrafficClass::kRealTime, at(0));
  add(frames, 3, kDead, TrafficClass::kInteractive, at(400));
  frames.send_again(kDead, Milliseconds(70), at(450));
  EXPECT_EQ(poll_all(frames), (std::vector<std::uint32_t>{1, 3}));
}

TEST(RecentFrames, WhatIsOldIsWiped) {
  RecentFrames frames;
  add(frames, 1, kDead, TrafficClass::kInteractive, at(0));
  add(frames, 2, kDead, TrafficClass::kInteractive, at(300));
  frames.send_again(kDead, Milliseconds(70), at(400));
  frames.wipe_old(at(600));
  EXPECT_EQ(frames.count(), 1u);
  EXPECT_EQ(poll_all(frames), (std::vector<std::uint32_t>{2}));
  frames.wipe_old(at(801));
  EXPECT_EQ(frames.count(), 0u);
}

TEST(RecentFrames, TheOldestGivesWay) {
  RecentFrames frames;
  for (std::uint32_t i = 0; i < RecentFrames::kFramesMax + 5; ++i) {
    add(frames, i, kDead, TrafficClass::kInteractive, at(0));
    if (i == 3) frames.send_again(kDead, Milliseconds(70), at(0));
  }
  EXPECT_EQ(frames.count(), RecentFrames::kFramesMax);
  EXPECT_TRUE(poll_all(frames).empty()) << "those that were due are gone";
  frames.send_again(kDead, Milliseconds(70), at(1));
  const auto sequences = poll_all(frames);
  ASSERT_EQ(sequences.size(), RecentFrames::kFramesMax);
  EXPECT_EQ(sequences.front(), 5u);
}

}  // namespace
}  // namespace hawser
