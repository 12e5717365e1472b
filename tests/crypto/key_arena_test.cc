// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_arena.h"

#include <gtest/gtest.h>
#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace hawser {
namespace {

bool is_zero(const void* slot, std::size_t size) {
  const auto* octets = static_cast<const std::uint8_t*>(slot);
  return std::all_of(octets, octets + size, [](std::uint8_t octet) { return octet == 0; });
}

TEST(KeyArena, SlotsAreDistinctAlignedAndZero) {
  constexpr std::size_t kSize = 1100;
  KeyArena arena(kSize);
  std::vector<std::uintptr_t> slots;
  for (int i = 0; i < 1000; ++i) {
    void* const slot = arena.take();
    ASSERT_TRUE(is_zero(slot, kSize)) << i;
    slots.push_back(reinterpret_cast<std::uintptr_t>(slot));
    ASSERT_EQ(slots.back() % 64, 0U);
    std::memset(slot, 0xff, kSize);
  }
  std::sort(slots.begin(), slots.end());
  for (std::size_t i = 1; i < slots.size(); ++i) ASSERT_GE(slots[i] - slots[i - 1], kSize);
}

TEST(KeyArena, WipesWhatComesBackAndUsesItAgain) {
  KeyArena arena(32);
  void* const slot = arena.take();
  std::memset(slot, 0xff, 32);
  arena.give_back(slot);
  // The memory is still the arena's, so it may be looked at once the sanitizer allows it.
  ASAN_UNPOISON_MEMORY_REGION(slot, 32);
  EXPECT_TRUE(is_zero(slot, 32));
  EXPECT_EQ(arena.take(), slot);
}

}  // namespace
}  // namespace hawser
