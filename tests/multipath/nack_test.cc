// SPDX-License-Identifier: Apache-2.0
#include "multipath/nack.h"

#include <gtest/gtest.h>

#include "multipath/shim.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

const Octets kFrame = {0x91, 0, 0, 0,    0,    0,    0,    2,     // shim
                       1,    2, 0, 3,    0xff, 0xff, 0xff, 0xfe,  // across a wrap
                       0xff, 0, 0, 0x01, 0x0a, 0x0b, 0x0c, 0x0d};

TEST(Nack, IsAsDrawn) {
  const Nack nack{.ranges = {{.bucket = 0x0102, .first = 0xfffffffe, .count = 3},
                             {.bucket = 0xff00, .first = 0x0a0b0c0d, .count = 1}}};
  EXPECT_EQ(nack.serialize(), kFrame);
  EXPECT_EQ(Nack::parse(kFrame), nack);
}

TEST(Nack, ACopySaysThatItIsOne) {
  Octets frame = kFrame;
  frame[1] = 0x20;
  const std::optional<Nack> nack = Nack::parse(frame);
  ASSERT_TRUE(nack);
  EXPECT_TRUE(nack->is_copy);
  EXPECT_EQ(nack->serialize(), frame);
}

TEST(Nack, OtherLengthsAreRefused) {
  for (std::size_t size = 0; size < kFrame.size(); ++size) {
    EXPECT_EQ(Nack::parse(ByteSpan(kFrame).first(size)), std::nullopt) << size;
  }
  Octets longer = kFrame;
  longer.push_back(0);
  EXPECT_EQ(Nack::parse(longer), std::nullopt);
}

TEST(Nack, OtherTypesAndNothingAskedAreRefused) {
  Octets frame = kFrame;
  frame[0] = 0x71;
  EXPECT_EQ(Nack::parse(frame), std::nullopt) << "a report";
  frame = kFrame;
  frame[3] = 1;
  EXPECT_EQ(Nack::parse(frame), std::nullopt) << "control frames have no bucket";
  frame = kFrame;
  frame[11] = 0;
  EXPECT_EQ(Nack::parse(frame), std::nullopt) << "an empty range";
  EXPECT_EQ(Nack::parse(Octets{0x91, 0, 0, 0, 0, 0, 0, 0}), std::nullopt) << "no range";
}

TEST(Nack, AsksForNoMoreThanItMay) {
  Nack nack;
  nack.ranges.push_back({.bucket = 1, .first = 0, .count = Nack::kFramesMax});
  EXPECT_EQ(Nack::parse(nack.serialize()), nack);
  nack.ranges.push_back({.bucket = 2, .first = 0, .count = 1});
  EXPECT_EQ(Nack::parse(nack.serialize()), std::nullopt) << "one frame too many";
  nack.ranges.assign(Nack::kRangesMax, {.bucket = 1, .first = 9, .count = 1});
  EXPECT_EQ(Nack::parse(nack.serialize()), nack);
  Octets frame = nack.serialize();
  frame[7] = Nack::kRangesMax + 1;
  frame.insert(frame.end(), kFrame.end() - 8, kFrame.end());
  EXPECT_EQ(Nack::parse(frame), std::nullopt) << "one range too many";
}

}  // namespace
}  // namespace hawser
