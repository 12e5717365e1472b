// SPDX-License-Identifier: Apache-2.0
#include "base/spsc_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace hawser {
namespace {

TEST(SpscQueue, IsFirstInFirstOut) {
  SpscQueue<int> queue(4);
  EXPECT_FALSE(queue.pop());
  for (int round = 0; round < 10; ++round) {
    EXPECT_TRUE(queue.push(1));
    EXPECT_TRUE(queue.push(2));
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_EQ(queue.pop(), 2);
    EXPECT_FALSE(queue.pop());
  }
}

TEST(SpscQueue, RoundsItsCapacityUp) {
  for (const auto& [asked, real] : std::vector<std::pair<std::size_t, int>>{
           {0, 2}, {1, 2}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {64, 64}}) {
    SpscQueue<int> queue(asked);
    int held = 0;
    while (queue.push(int{held})) ++held;
    EXPECT_EQ(held, real) << asked;
  }
}

TEST(SpscQueue, LeavesARefusedValueAlone) {
  SpscQueue<std::unique_ptr<int>> queue(2);
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.push(std::move(third)));
  ASSERT_TRUE(third);
  EXPECT_EQ(**queue.pop(), 1);
  EXPECT_TRUE(queue.push(std::move(third)));
  EXPECT_EQ(**queue.pop(), 2);
  EXPECT_EQ(**queue.pop(), 3);
}

TEST(SpscQueue, HandsOverBetweenThreads) {
  constexpr std::uint64_t kCount = 20000;
  // The payload lies in memory of its own, so that a missing release or acquire is a race that
  // ThreadSanitizer sees.
  SpscQueue<std::unique_ptr<std::uint64_t>> queue(16);
  std::thread producer([&queue] {
    for (std::uint64_t i = 0; i < kCount; ++i) {
      auto value = std::make_unique<std::uint64_t>(i);
      while (!queue.push(std::move(value))) std::this_thread::yield();
    }
  });
  std::uint64_t expected = 0;
  bool in_order = true;
  while (expected < kCount) {
    if (const auto value = queue.pop()) {
      in_order = in_order && **value == expected;
      ++expected;
    } else {
      std::this_thread::yield();
    }
  }
  producer.join();
  EXPECT_TRUE(in_order);
  EXPECT_FALSE(queue.pop());
}

}  // namespace
}  // namespace hawser
