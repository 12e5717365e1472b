// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_challenge.h"

#include <algorithm>

namespace hawser {

std::optional<PathChallenge> PathChallenge::parse(ByteSpan frame) {
  const auto header = ShimHeader::parse(frame);
  if (!header || header->stamp || frame.size() != kSize) return std::nullopt;
  if (header->type != ShimType::kChallenge && header->type != ShimType::kChallengeAnswer) {
    return std::nullopt;
  }
  PathChallenge challenge{.is_answer = header->type == ShimType::kChallengeAnswer};
  std::ranges::copy(frame.subspan(kShimSize), challenge.token.begin());
  return challenge;
}

void PathChallenge::serialize(std::uint8_t* out) const {
  const ShimHeader header{.type = is_answer ? ShimType::kChallengeAnswer : ShimType::kChallenge,
                          .traffic_class = TrafficClass::kRealTime,
                          .stamp = std::nullopt};
  header.serialize(out);
  std::ranges::copy(token, out + kShimSize);
}

}  // namespace hawser
