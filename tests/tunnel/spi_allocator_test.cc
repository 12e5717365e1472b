// SPDX-License-Identifier: Apache-2.0
#include "tunnel/spi_allocator.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

TEST(SpiAllocator, LaysTheSpiOutForItsOwner) {
  SeededRandom random(1);
  SpiAllocator spis(3, random);
  std::set<std::uint16_t> slots;
  for (unsigned k = 0; k < 300; ++k) {
    const auto spi = spis.allocate(k);
    ASSERT_TRUE(spi);
    EXPECT_EQ(spi_owner_octet(*spi), k % 3 + 1);
    EXPECT_GE(spi_slot(*spi), SpiAllocator::kFirstSlot);
    slots.insert(spi_slot(*spi));
  }
  EXPECT_EQ(slots.size(), 100u) << "each owner has slots of its own";
  EXPECT_EQ(spis.used(), 300u);
}

TEST(SpiAllocator, AFreedSlotIsNotUsedAgainSoon) {
  SeededRandom random(1);
  SpiAllocator spis(1, random);
  std::set<std::uint16_t> recent;
  for (std::size_t i = 0; i < SpiAllocator::kMinRound; ++i) {
    const auto spi = spis.allocate(0);
    ASSERT_TRUE(spi);
    EXPECT_TRUE(recent.insert(spi_slot(*spi)).second);
    spis.release(*spi);
  }
  EXPECT_EQ(spis.used(), 0u);
}

TEST(SpiAllocator, WhoReleasesTwiceTakesNothingFromAnother) {
  SeededRandom random(1);
  SpiAllocator spis(1, random);
  const Spi first = *spis.allocate(0);
  spis.release(first);
  spis.release(first);
  for (std::size_t i = 1; i < SpiAllocator::kMinRound; ++i) spis.release(*spis.allocate(0));
  const Spi second = *spis.allocate(0);
  ASSERT_EQ(spi_slot(second), spi_slot(first)) << "gone round";
  ASSERT_NE(second, first);
  spis.release(first);
  EXPECT_EQ(spis.used(), 1u);
}

TEST(SpiAllocator, EndsWhenAllSlotsAreTaken) {
  SeededRandom random(1);
  SpiAllocator spis(1, random);
  std::set<std::uint16_t> slots;
  std::optional<Spi> last;
  while (const auto spi = spis.allocate(0)) {
    ASSERT_TRUE(slots.insert(spi_slot(*spi)).second);
    last = spi;
  }
  EXPECT_EQ(slots.size(), 0x10000u - SpiAllocator::kFirstSlot);
  spis.release(*last);
  EXPECT_TRUE(spis.allocate(0));
}

}  // namespace
}  // namespace hawser
