// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

#include <gtest/gtest.h>

#include <array>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

TEST(Hex, WritesTwoDigitsForEachOctet) {
  EXPECT_EQ(to_hex(Octets{0x00, 0x9a, 0xff}), "009aff");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Hex, ReadsDigitsOfEitherCase) {
  EXPECT_EQ(parse_hex("009aFf"), (Octets{0x00, 0x9a, 0xff}));
  EXPECT_EQ(parse_hex(""), Octets());
}

TEST(Hex, RefusesWhatIsNoPairOfDigits) {
  for (const char* text : {"0", "009", "0g", "g0", "0x10", "-1", " 1", "1 ", "+f"}) {
    EXPECT_EQ(parse_hex(text), std::nullopt) << text;
  }
}

TEST(Hex, ReadsAsManyAsThereIsRoomFor) {
  std::array<std::uint8_t, 2> octets{};
  EXPECT_FALSE(read_hex("01", octets));
  EXPECT_FALSE(read_hex("010203", octets));
  ASSERT_TRUE(read_hex("0102", octets));
  EXPECT_EQ(octets[1], 2);
}

}  // namespace
}  // namespace hawser
