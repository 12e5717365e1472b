// SPDX-License-Identifier: Apache-2.0
#include "crypto/system_random.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace hawser {
namespace {

TEST(SystemRandom, FillsWhatItIsGivenAndNoMore) {
  SystemRandom random;
  std::vector<std::uint8_t> octets(1024, 0);
  random.fill(std::span(octets).subspan(8, 1000));
  random.fill({});
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(octets[i], 0);
  for (std::size_t i = 1008; i < 1024; ++i) EXPECT_EQ(octets[i], 0);
  // About 255 of the 256 values occur in 1000 octets; under 200 has no chance to happen.
  EXPECT_GT(std::set<std::uint8_t>(octets.begin() + 8, octets.begin() + 1008).size(), 200U);
}

TEST(SystemRandom, DoesNotRepeat) {
  SystemRandom first;
  SystemRandom second;
  std::set<std::vector<std::uint8_t>> seen;
  for (int i = 0; i < 100; ++i) {
    for (SystemRandom* random : {&first, &second}) {
      std::vector<std::uint8_t> octets(16);
      random->fill(octets);
      EXPECT_TRUE(seen.insert(octets).second);
    }
  }
}

}  // namespace
}  // namespace hawser
