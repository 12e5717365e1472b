// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_probe.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

template <typename Frame>
Octets serialized(const Frame& frame) {
  Octets octets(frame.size, 0xee);
  frame.serialize(octets.data());
  return octets;
}

TEST(PathProbe, IsAsDrawn) {
  const PathProbe probe{.number = 0x01020304,
                        .stamp = 0x05060708,
                        .answer_as_long = true,
                        .silence = Milliseconds(0x0a0b),
                        .size = PathProbe::kMinSize + 2};
  EXPECT_EQ(serialized(probe),
            (Octets{0x40, 0x08, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0x0a, 0x0b, 0, 0}));
  EXPECT_EQ(PathProbe::parse(serialized(probe)), probe);
}

TEST(PathProbe, AnswerIsAsDrawn) {
  const PathProbeAnswer answer{
      .number = 1, .stamp = 2, .echo = 0x03040506, .held = 0x0708, .size = 22};
  EXPECT_EQ(serialized(answer),
            (Octets{0x50, 0x08, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0}));
  EXPECT_EQ(PathProbeAnswer::parse(serialized(answer)), answer);
}

TEST(PathProbe, SilenceThatDoesNotFitIsLongerThanCanBeSaid) {
  PathProbe probe{.silence = Milliseconds(0xfffe)};
  EXPECT_EQ(PathProbe::parse(serialized(probe))->silence, Milliseconds(0xfffe));
  probe.silence = Milliseconds(0xffff);
  EXPECT_EQ(PathProbe::parse(serialized(probe))->silence, std::nullopt);
  probe.silence = std::nullopt;
  EXPECT_EQ(PathProbe::parse(serialized(probe))->silence, std::nullopt);
}

TEST(PathProbe, AnySizeIsPaddingAndNoneIsTooShort) {
  const PathProbe probe{.number = 9, .stamp = 8, .size = 100};
  const PathProbeAnswer answer{.number = 9, .stamp = 8, .size = 100};
  for (std::size_t size = 0; size <= 100; ++size) {
    const auto parsed = PathProbe::parse(ByteSpan(serialized(probe)).first(size));
    ASSERT_EQ(parsed.has_value(), size >= PathProbe::kMinSize) << size;
    EXPECT_EQ(parsed ? parsed->size : size, size);
    const auto other = PathProbeAnswer::parse(ByteSpan(serialized(answer)).first(size));
    ASSERT_EQ(other.has_value(), size >= PathProbeAnswer::kMinSize) << size;
    EXPECT_EQ(other ? other->size : size, size);
  }
}

TEST(PathProbe, IsNothingElseAndNotWithoutAStamp) {
  Octets probe = serialized(PathProbe{.size = 40});
  EXPECT_FALSE(PathProbeAnswer::parse(probe));
  EXPECT_FALSE(PathProbe::parse(serialized(PathProbeAnswer{.size = 40})));
  probe[1] = 0;
  EXPECT_FALSE(PathProbe::parse(probe));
}

}  // namespace
}  // namespace hawser
