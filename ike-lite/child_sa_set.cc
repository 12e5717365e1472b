// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/child_sa_set.h"

namespace hawser {
namespace {

// RFC 4303 section 2.1: these are reserved.
constexpr std::uint32_t kLastReservedSpi = 255;

}  // namespace

std::optional<ChildSaSet> ChildSaSet::parse(ByteSpan data) {
  ByteReader reader(data);
  std::uint16_t wanted = 0;
  if (!reader.read_u16(wanted) || !reader.skip(2)) return std::nullopt;
  if (wanted == 0 || wanted > kMaxPairs || reader.remaining() > 4 * (kMaxPairs - 1)) {
    return std::nullopt;
  }
  ChildSaSet set{.wanted = wanted};
  while (!reader.at_end()) {
    std::uint32_t spi = 0;
    if (!reader.read_u32(spi) || spi <= kLastReservedSpi) return std::nullopt;
    set.further.push_back(Spi(spi));
  }
  return set;
}

std::vector<std::uint8_t> ChildSaSet::serialize() const {
  std::vector<std::uint8_t> data(4 + 4 * further.size());
  ByteWriter writer(data);
  writer.write_u16(static_cast<std::uint16_t>(wanted));
  writer.write_u16(0);
  for (const Spi spi : further) writer.write_u32(spi.value());
  return data;
}

}  // namespace hawser
