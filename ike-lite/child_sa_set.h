// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/spi.h"

namespace hawser {

// The content of the notify kChildSaSet, between Hawsers, beside the SA payload of a child:
//   wanted 2 | slots 1 | per slot 1 | further SPI 4 | further SPI 4 | ...
// `wanted` is how many pairs its sender would like a slot to have, `slots` for how many paths; 0 is
// for none but the first, and without the shim. The SPI of the SA payload is the first of the set,
// the further ones are those with index 1, 2, ...; index i is pair i mod `per slot` of slot
// i / `per slot` (docs/wire-format.md).
struct ChildSaSet {
  // prf+ makes keys for 113 pairs at least.
  static constexpr std::size_t kMaxPairs = 64;

  unsigned wanted = 1;
  unsigned slots = 0;
  unsigned per_slot = 1;
  std::vector<Spi> further;

  static std::optional<ChildSaSet> parse(ByteSpan data);
  std::vector<std::uint8_t> serialize() const;
  friend bool operator==(const ChildSaSet&, const ChildSaSet&) = default;
};

}  // namespace hawser
