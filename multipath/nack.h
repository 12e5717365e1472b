// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace hawser {

// Consecutive frames of a bucket that did not come.
struct MissingRange {
  std::uint16_t bucket = 0;
  std::uint32_t first = 0;
  std::uint16_t count = 0;  // never 0
  friend bool operator==(const MissingRange&, const MissingRange&) = default;
};

// Asks for frames again. Behind the shim header (type nack, bucket 0, the count of the ranges as
// sequence) come the ranges:
//   bucket 16 | count 16 | first sequence 32
struct Nack {
  static constexpr std::size_t kRangesMax = 64;
  static constexpr std::size_t kRangeSize = 8;
  // Frames that one Nack may ask for; more is a mistake or malice.
  static constexpr std::size_t kFramesMax = 4096;

  std::vector<MissingRange> ranges;
  bool is_copy = false;  // the same went by another path

  // Of a whole frame, shim header included.
  static std::optional<Nack> parse(ByteSpan frame);
  std::vector<std::uint8_t> serialize() const;
  friend bool operator==(const Nack&, const Nack&) = default;
};

}  // namespace hawser
