// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "antireplay/replay_window.h"
#include "base/time.h"

namespace hawser {

// Which way an SA carries, seen from this host.
enum class SaDirection : std::uint8_t { kInbound, kOutbound };

// How far the numbers of an SA may be used before the disk knows: a number is used only if a mark
// at or above it is on disk, so whatever dies, a later life that begins above the mark repeats
// nothing. Asks for the next block while half of the last one is left, so that nobody waits.
// A block is about four seconds of the measured rate, so that a disk that is busy for two of them
// is not felt; before there is one, what a fast link sends while a busy disk writes (packets that
// come can wait for it, those that go can't).
class SequenceReserve {
 public:
  static constexpr std::uint64_t kMinInboundBlock = 64;
  static constexpr std::uint64_t kMinOutboundBlock = 1 << 20;
  static constexpr Seconds kBlockTime{4};
  static constexpr std::uint64_t kMaxBlock = std::uint64_t{1} << 24;
  // A request that got no answer is repeated after this time.
  static constexpr Duration kRetry = Seconds(1);

  static constexpr std::uint64_t min_block(SaDirection direction) {
    return direction == SaDirection::kInbound ? kMinInboundBlock : kMinOutboundBlock;
  }

  // Numbers up to `mark` are on disk.
  SequenceReserve(SequenceNumber mark, SaDirection direction)
      : mark_(mark.value()), min_block_(min_block(direction)), block_(min_block_) {}

  bool covers(SequenceNumber number) const { return number.value() <= mark_; }
  SequenceNumber mark() const { return SequenceNumber(mark_); }
  // The disk knows all numbers up to this one.
  void extend(SequenceNumber up_to);
  // The mark to put on disk now, if less than half a block is left behind `highest`, the highest
  // number that was or should be used. Asked once until extended.
  std::optional<SequenceNumber> poll_request(SequenceNumber highest, TimePoint now) {
    if (has_enough(highest.value())) return std::nullopt;
    return make_request(highest.value(), now);
  }

 private:
  bool has_enough(std::uint64_t highest) const {
    return highest < mark_ && mark_ - highest >= block_ / 2;
  }
  std::optional<SequenceNumber> make_request(std::uint64_t highest, TimePoint now);
  std::uint64_t next_block(std::uint64_t highest, TimePoint now) const;

  std::uint64_t mark_;
  std::uint64_t min_block_;
  std::uint64_t block_;
  std::optional<TimePoint> asked_at_;
  // Where the last request was made, to measure the rate.
  std::optional<TimePoint> measured_at_;
  std::uint64_t measured_number_ = 0;
};

}  // namespace hawser
