// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_challenge.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets serialized(const PathChallenge& challenge) {
  Octets octets(PathChallenge::kSize);
  challenge.serialize(octets.data());
  return octets;
}

TEST(PathChallenge, IsAsDrawn) {
  PathChallenge challenge{.token = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
  Octets drawn{0x70, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  EXPECT_EQ(serialized(challenge), drawn);
  EXPECT_EQ(PathChallenge::parse(drawn), challenge);
  challenge.is_answer = true;
  drawn[0] = 0x80;
  EXPECT_EQ(serialized(challenge), drawn);
  EXPECT_EQ(PathChallenge::parse(drawn), challenge);
}

TEST(PathChallenge, HasOneSizeAndNoStamp) {
  Octets octets = serialized({});
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_FALSE(PathChallenge::parse(ByteSpan(octets).first(size))) << size;
  }
  octets.push_back(0);
  EXPECT_FALSE(PathChallenge::parse(octets));
  octets.pop_back();
  octets[1] = 0x08;
  EXPECT_FALSE(PathChallenge::parse(octets));
}

TEST(PathChallenge, IsNothingElse) {
  Octets octets = serialized({});
  for (unsigned type = 0; type < 16; ++type) {
    octets[0] = static_cast<std::uint8_t>(type << 4);
    EXPECT_EQ(PathChallenge::parse(octets).has_value(), type == 7 || type == 8) << type;
  }
}

}  // namespace
}  // namespace hawser
