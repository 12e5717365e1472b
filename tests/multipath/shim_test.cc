// SPDX-License-Identifier: Apache-2.0
#include "multipath/shim.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets serialized(const ShimHeader& header) {
  Octets octets(header.size());
  header.serialize(octets.data());
  return octets;
}

TEST(Shim, IsAsDrawn) {
  const ShimHeader header{.type = ShimType::kData,
                          .traffic_class = TrafficClass::kBulk,
                          .duplicate = true,
                          .bucket = 0x0102,
                          .sequence = 0x03040506};
  EXPECT_EQ(serialized(header), (Octets{0x12, 0x20, 1, 2, 3, 4, 5, 6}));
}

TEST(Shim, EachFlagHasABitOfItsOwn) {
  std::uint8_t seen = 0;
  for (bool ShimHeader::*flag : {&ShimHeader::first, &ShimHeader::last, &ShimHeader::duplicate,
                                 &ShimHeader::congested, &ShimHeader::recovered}) {
    ShimHeader header{.type = ShimType::kData};
    header.*flag = true;
    const Octets octets = serialized(header);
    EXPECT_EQ(__builtin_popcount(octets[1]), 1);
    EXPECT_EQ(seen & octets[1], 0);
    seen |= octets[1];
    EXPECT_EQ(ShimHeader::parse(octets), header);
  }
}

TEST(Shim, StampFollowsTheHeader) {
  const ShimHeader header{.type = ShimType::kProbe, .sequence = 7, .stamp = 0xa0b0c0d0};
  const Octets octets = serialized(header);
  ASSERT_EQ(octets.size(), kShimSize + kShimStampSize);
  EXPECT_EQ(load_be32(octets.data() + kShimSize), 0xa0b0c0d0u);
  EXPECT_EQ(ShimHeader::parse(octets), header);
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_EQ(ShimHeader::parse(ByteSpan(octets).first(size)), std::nullopt) << size;
  }
}

TEST(Shim, RefusesTypesAndClassesThatItDoesNotKnow) {
  unsigned taken = 0;
  for (unsigned first = 0; first < 256; ++first) {
    const std::array<std::uint8_t, kShimSize> octets{static_cast<std::uint8_t>(first)};
    if (ShimHeader::parse(octets)) ++taken;
  }
  EXPECT_EQ(taken, 11 * kTrafficClasses);
}

TEST(Shim, StampsAreUnitsOfOneInSixteenThousand) {
  const TimePoint time{Seconds(5)};
  EXPECT_EQ(to_stamp(time), 5u << 14);
  const ShimStamp early = to_stamp(TimePoint(Seconds(3 * 86400)));
  const ShimStamp late = to_stamp(TimePoint(Seconds(3 * 86400 + 30000)));
  EXPECT_LT(late, early) << "it has gone round between";
  EXPECT_EQ(stamp_difference(late, early), Duration(Seconds(30000)));
  EXPECT_EQ(stamp_difference(early, late), -Duration(Seconds(30000)));
}

}  // namespace
}  // namespace hawser
