// SPDX-License-Identifier: Apache-2.0
#include "tunnel/floor_notice.h"

#include <algorithm>
#include <array>

namespace hawser {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'h', 'a', 'w', 's', 'e', 'r', 'f', 'l'};

}  // namespace

std::optional<FloorNotice> FloorNotice::parse(ByteSpan dummy) {
  if (dummy.size() < kSize || !std::ranges::equal(dummy.first(kMagic.size()), kMagic)) {
    return std::nullopt;
  }
  const std::uint8_t* at = dummy.data() + kMagic.size();
  return FloorNotice{Spi(load_be32(at)), SequenceNumber(load_be64(at + 4))};
}

void FloorNotice::serialize(std::uint8_t* out) const {
  std::uint8_t* at = std::ranges::copy(kMagic, out).out;
  store_be32(at, spi.value());
  store_be64(at + 4, floor.value());
}

}  // namespace hawser
