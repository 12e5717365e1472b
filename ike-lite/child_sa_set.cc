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
  std::uint8_t slots = 0;
  std::uint8_t per_slot = 0;
  if (!reader.read_u16(wanted) || !reader.read_u8(slots) || !reader.read_u8(per_slot)) {
    return std::nullopt;
  }
  if (wanted == 0 || wanted > kMaxPairs || reader.remaining() > 4 * (kMaxPairs - 1)) {
    return std::nullopt;
  }
  ChildSaSet set{.wanted = wanted, .slots = slots, .per_slot = per_slot};
  while (!reader.at_end()) {
    std::uint32_t spi = 0;
    if (!reader.read_u32(spi) || spi <= kLastReservedSpi) return std::nullopt;
    set.further.push_back(Spi(spi));
  }
  if (per_slot == 0 || (set.further.size() + 1) % per_slot != 0) return std::nullopt;
  return set;
}

std::vector<std::uint8_t> ChildSaSet::serialize() const {
  std::vector<std::uint8_t> data(4 + 4 * further.size());
  ByteWriter writer(data);
  writer.write_u16(static_cast<std::uint16_t>(wanted));
  writer.write_u8(static_cast<std::uint8_t>(slots));
  writer.write_u8(static_cast<std::uint8_t>(per_slot));
  for (const Spi spi : further) writer.write_u32(spi.value());
  return data;
}

}  // namespace hawser
