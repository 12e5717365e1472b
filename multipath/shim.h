// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/traffic_class.h"

namespace hawser {

// What follows the shim header (docs/wire-format.md).
enum class ShimType : std::uint8_t {
  kData = 1,             // an inner IP packet
  kFragment = 2,         // reserved: a part of one, in consecutive sequences of its bucket
  kAggregate = 3,        // reserved: several, each behind its length
  kProbe = 4,            // path_probe.h
  kProbeAnswer = 5,      // path_probe.h
  kReport = 6,           // path_report.h
  kChallenge = 7,        // path_challenge.h
  kChallengeAnswer = 8,  // path_challenge.h
  kNack = 9,             // nack.h
  kCover = 10,           // nothing, of any size
  kParity = 11,          // parity_frame.h
};

inline constexpr std::size_t kShimSize = 8;
inline constexpr std::size_t kShimStampSize = 4;

// A time on the wire, in units of 2^-14 s (61 us); its zero is the sender's own, and it goes round
// after three days.
using ShimStamp = std::uint32_t;
ShimStamp to_stamp(TimePoint time);
// How much later `late` is; both of one clock, less than 36 hours apart.
Duration stamp_difference(ShimStamp late, ShimStamp early);

// The header of each payload with next header 253, inside ESP:
//   type 4 bits | class 4 bits | flags 8 | bucket 16 | sequence 32 [| stamp 32]
// The sequence counts the data frames of a bucket, from 0. Control frames have bucket 0, and a
// sequence of their own meaning.
struct ShimHeader {
  static constexpr std::uint8_t kStampedFlag = 0x08;

  ShimType type{};
  TrafficClass traffic_class = TrafficClass::kBulk;
  bool first = false;      // of a packet in fragments
  bool last = false;       //
  bool duplicate = false;  // this one also went, or goes, another path
  bool congested = false;  // the packet that it was part of came marked CE
  bool recovered = false;  // sent before, and asked for
  bool covered = false;    // a parity frame may follow that covers it
  std::uint16_t bucket = 0;
  std::uint32_t sequence = 0;
  std::optional<ShimStamp> stamp;  // when it was given to the path

  std::size_t size() const { return kShimSize + (stamp ? kShimStampSize : 0); }
  // Of the front of `frame`; nothing if it is cut short or no type or class of ours.
  static std::optional<ShimHeader> parse(ByteSpan frame);
  // Of a frame that was parsed once.
  static std::size_t size_of(ByteSpan frame) {
    return kShimSize + ((frame[1] & kStampedFlag) != 0 ? kShimStampSize : 0);
  }
  // `out` has room for size().
  void serialize(std::uint8_t* out) const;
  friend bool operator==(const ShimHeader&, const ShimHeader&) = default;
};

}  // namespace hawser
