// SPDX-License-Identifier: Apache-2.0
#include "multipath/retransmit_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hawser {
namespace {

class Storing : public testing::Test {
 protected:
  Storing() {
    store_.set_armed(true);
    store_.set_limits({.rate_bps = 80'000'000, .age = Milliseconds(200)});  // 2 MB
  }

  static std::vector<std::uint8_t> payload_of(std::uint32_t sequence, std::size_t size) {
    std::vector<std::uint8_t> payload(size);
    std::mt19937 random(sequence);
    std::generate(payload.begin(), payload.end(),
                  [&random] { return static_cast<std::uint8_t>(random()); });
    return payload;
  }
  void add(std::uint32_t sequence, std::size_t size = 1200, std::uint16_t bucket = 3) {
    const std::vector<std::uint8_t> payload = payload_of(sequence, size);
    store_.add({.bucket = bucket,
                .sequence = sequence,
                .traffic_class = TrafficClass::kBulk,
                .path = PathId(sequence % 5),
                .payload = payload},
               now_);
  }
  void ask(std::uint32_t first, std::uint16_t count, std::uint16_t bucket = 3, bool copy = false) {
    store_.handle_nack(
        {.ranges = {{.bucket = bucket, .first = first, .count = count}}, .is_copy = copy}, now_);
  }
  std::size_t given() {
    std::size_t count = 0;
    while (store_.poll_retransmission(now_)) ++count;
    return count;
  }

  RetransmitStore store_;
  TimePoint now_{Seconds(50)};
};

TEST_F(Storing, GivesBackWhatWasSent) {
  for (std::uint32_t i = 0; i < 300; ++i) add(0xffffff80u + i, 100 + i);
  ask(0xfffffffe, 4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint32_t sequence = 0xfffffffeu + i;
    const std::optional<Retransmission> again = store_.poll_retransmission(now_);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->bucket, 3);
    EXPECT_EQ(again->sequence, sequence);
    EXPECT_EQ(again->traffic_class, TrafficClass::kBulk);
    EXPECT_EQ(again->lost_on, PathId(sequence % 5));
    const std::vector<std::uint8_t> payload = payload_of(sequence, 100 + 0x7e + i);
    EXPECT_TRUE(std::ranges::equal(again->payload, payload));
  }
  EXPECT_EQ(given(), 0u);
  ask(0x1000, 5);
  ask(0, 5, 4);
  EXPECT_EQ(given(), 0u);
  EXPECT_EQ(store_.counters().gone, 10u) << "never sent, or in another bucket";
}

TEST_F(Storing, EachAtMostTwice) {
  add(1);
  ask(1, 1);
  ask(1, 1);
  ask(1, 1);
  EXPECT_EQ(given(), 2u);
  EXPECT_EQ(store_.counters().over_times, 1u);
}

TEST_F(Storing, OfANackAndItsCopyOneCounts) {
  add(1);
  ask(1, 1);
  EXPECT_EQ(given(), 1u);
  ask(1, 1, 3, true);
  EXPECT_EQ(given(), 0u) << "that was the same one";
  ask(1, 1, 3, true);
  EXPECT_EQ(given(), 1u) << "the second one's copy, which is first";
  ask(1, 1);
  EXPECT_EQ(given(), 0u);
}

TEST_F(Storing, NothingIsKeptThatIsNotArmed) {
  add(1);
  EXPECT_GT(store_.bytes(), 0u);
  store_.set_armed(false);
  EXPECT_EQ(store_.bytes(), 0u);
  EXPECT_EQ(store_.next_timeout(), std::nullopt);
  add(2);
  EXPECT_EQ(store_.bytes(), 0u);
  ask(1, 2);
  store_.set_armed(true);
  ask(1, 2);
  EXPECT_EQ(given(), 0u);
}

TEST_F(Storing, OldFramesAreLetGo) {
  add(1);
  now_ += Milliseconds(100);
  ASSERT_EQ(store_.next_timeout(), now_ + Milliseconds(100));
  for (std::uint32_t i = 2; i < 300; ++i) add(i);
  ask(1, 1);
  EXPECT_EQ(given(), 1u);
  now_ += Milliseconds(200);
  store_.handle_timeout(now_);
  EXPECT_EQ(store_.bytes(), 0u);
  EXPECT_EQ(store_.next_timeout(), std::nullopt);
  ask(2, 1);
  EXPECT_EQ(given(), 0u);
}

TEST_F(Storing, WhatWasQueuedAndLetGoIsNotGiven) {
  add(1);
  ask(1, 1);
  now_ += Seconds(1);
  EXPECT_EQ(given(), 0u);
  EXPECT_EQ(store_.counters().gone, 1u);
}

// The oldest go first, whatever the sizes; the newest are there.
TEST_F(Storing, MemoryIsBounded) {
  for (const std::uint64_t rate : {0u, 80'000'000u}) {
    store_.set_limits({.rate_bps = rate, .age = Milliseconds(200)});
    const std::size_t most = rate == 0 ? RetransmitStore::kBytesMin : 2'000'000;
    std::mt19937 random(9);
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      add(i, 1 + random() % 9000);
      ASSERT_LE(store_.bytes(), most);
    }
    EXPECT_GT(store_.bytes(), most / 2);
    const std::uint64_t gone = store_.counters().gone;
    ask(0, 100);
    EXPECT_EQ(store_.counters().gone, gone + 100);
    ask(20'000 - 5, 5);
    EXPECT_EQ(given(), 5u);
  }
  store_.set_limits({.rate_bps = UINT64_MAX, .age = Seconds(1)});
  for (std::uint32_t i = 0; i < 20'000; ++i) add(i, 1400);
  EXPECT_LE(store_.bytes(), RetransmitStore::kBytesMax);
  EXPECT_GT(store_.bytes(), RetransmitStore::kBytesMax / 2);
}

TEST_F(Storing, GivesBackNoMoreThanItsShare) {
  for (std::uint32_t i = 0; i < 600; ++i) add(i, 1000);
  while (given() > 0 || store_.counters().over_budget == 0) ask(0, 600);
  const std::uint64_t at_first = store_.counters().sent_again;
  EXPECT_LE(at_first * 1000, RetransmitStore::kBudgetStart + 60'000);
  for (std::uint32_t i = 600; i < 1600; ++i) add(i, 1000);
  ask(700, 900);
  EXPECT_EQ(given(), 100u) << "a tenth of what was sent since, and what was left over";
}

TEST_F(Storing, FewMayGoTwiceAtOnceWhileMuchOfItsShareIsLeft) {
  const auto twice_of = [&](std::uint32_t first, std::uint16_t count) {
    ask(first, count);
    unsigned twice = 0;
    while (const auto again = store_.poll_retransmission(now_)) {
      if (!again->may_go_twice) continue;
      ++twice;
      store_.note_copy(again->payload.size());
    }
    return twice;
  };
  std::uint32_t next = 0;
  for (; next < 600; ++next) add(next, 1000);
  EXPECT_EQ(twice_of(0, 5), 0u) << "little was earned until now";
  for (; next < 6000; ++next) add(next, 1000);
  EXPECT_EQ(twice_of(5000, 10), 10u);
  EXPECT_EQ(twice_of(5100, 40), 17u) << "those that wait behind the first are many";
  // A quarter is 131072 octets, and each takes 2000 of them.
  unsigned twice = 0;
  for (std::uint32_t first = 5200; first < 5500; first += 10) twice += twice_of(first, 10);
  EXPECT_NEAR(twice, (131'072 - 10 * 2000 - 40 * 1000 - 17 * 1000) / 2000, 2);
}

TEST_F(Storing, OddSizesDoNoHarm) {
  add(1, 0);
  add(2, 65'535);
  add(3, 200'000);
  ask(1, 3);
  const std::optional<Retransmission> again = store_.poll_retransmission(now_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->payload.size(), 65'535u);
  EXPECT_EQ(given(), 0u);
}

}  // namespace
}  // namespace hawser
