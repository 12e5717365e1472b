// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/shim.h"

namespace hawser {

// Asks whether packets of a size come through, and how long it takes there and back:
//   shim header with stamp (12), its sequence is the probe's number
//   | flags 8 (bit 0: the answer shall be as long) | 0 8 | silence 16 | padding
// Silence is for how many ms nothing came from the asked end on this path; 0xffff is "longer, or
// never". It lets the asked end see that its own direction is dead while it still hears.
struct PathProbe {
  static constexpr std::size_t kMinSize = kShimSize + kShimStampSize + 4;

  std::uint32_t number = 0;
  ShimStamp stamp = 0;
  bool answer_as_long = false;
  std::optional<Milliseconds> silence;  // unset: longer than can be said
  std::size_t size = kMinSize;          // of the frame with its padding

  static std::optional<PathProbe> parse(ByteSpan frame);
  // Writes `size` octets, at least kMinSize.
  void serialize(std::uint8_t* out) const;
  friend bool operator==(const PathProbe&, const PathProbe&) = default;
};

// The answer:
//   shim header with stamp (12), sequence and size as asked
//   | the probe's stamp 32 | how long it was held 32, in units of stamps | padding
struct PathProbeAnswer {
  static constexpr std::size_t kMinSize = kShimSize + kShimStampSize + 8;

  std::uint32_t number = 0;
  ShimStamp stamp = 0;
  ShimStamp echo = 0;
  std::uint32_t held = 0;
  std::size_t size = kMinSize;

  static std::optional<PathProbeAnswer> parse(ByteSpan frame);
  void serialize(std::uint8_t* out) const;
  friend bool operator==(const PathProbeAnswer&, const PathProbeAnswer&) = default;
};

}  // namespace hawser
