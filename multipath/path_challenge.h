// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "multipath/shim.h"

namespace hawser {

// Who answers from where it was challenged is reachable there (the idea of RFC 9000 section 8.2).
// A challenge and its answer hold the same octets:
//   shim header (8), type kChallenge or kChallengeAnswer | token (16)
using ChallengeToken = std::array<std::uint8_t, 16>;

struct PathChallenge {
  static constexpr std::size_t kSize = kShimSize + sizeof(ChallengeToken);

  ChallengeToken token{};
  bool is_answer = false;

  // Nothing unless `frame` is one of the two, and nothing else.
  static std::optional<PathChallenge> parse(ByteSpan frame);
  // Writes kSize octets.
  void serialize(std::uint8_t* out) const;
  friend bool operator==(const PathChallenge&, const PathChallenge&) = default;
};

}  // namespace hawser
