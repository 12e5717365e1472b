// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bit_ring.h"
#include "base/time.h"

namespace hawser {

// The 64-bit number nearest to `reference` that has these low 32 bits: how a shim sequence unwraps.
constexpr std::uint64_t unwrap_sequence(std::uint32_t sequence, std::uint64_t reference) {
  const auto step = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(reference));
  return reference + static_cast<std::uint64_t>(static_cast<std::int64_t>(step));
}

// Which frames of one bucket came already: copies of a packet that went over several paths are
// taken once. It is not replay protection (the SAs' windows are), but keeps its promise as
// strictly: no number is fresh twice. What it no longer remembers counts as seen.
//
// It remembers all that came while the last one to two kEpoch of traffic went by, so its memory
// follows the rate, from kCapacityMin to kCapacityMax numbers.
class DuplicateFilter {
 public:
  enum class Verdict : std::uint8_t { kFresh, kDuplicate, kTooOld };
  static constexpr std::size_t kCapacityMin = 128;
  static constexpr std::size_t kCapacityMax = std::size_t{1} << 18;
  static constexpr Duration kEpoch = Seconds(1);

  // Numbers below `first`, which is not 0, count as seen.
  explicit DuplicateFilter(std::uint64_t first);

  Verdict handle(std::uint64_t number, TimePoint now) {
    if (number > highest_) advance(number, now);
    if (number < floor_ || highest_ - number >= capacity_) return Verdict::kTooOld;
    return ring_.set(number) ? Verdict::kFresh : Verdict::kDuplicate;
  }

  std::size_t capacity() const { return capacity_; }
  std::size_t memory_bytes() const { return ring_.memory_bytes(); }

 private:
  void advance(std::uint64_t number, TimePoint now) {
    const bool too_small = number - epoch_before_ >= capacity_ && capacity_ < kCapacityMax;
    if (now >= epoch_end_ || too_small) adapt(number, now);
    highest_ = number;
  }
  void adapt(std::uint64_t number, TimePoint now);
  void resize(std::size_t capacity);

  BitRing ring_;
  std::size_t capacity_ = kCapacityMin;
  std::uint64_t highest_;
  std::uint64_t floor_;  // what lies below counts as seen
  // The highest number when this epoch and the one before began.
  std::uint64_t epoch_start_;
  std::uint64_t epoch_before_;
  TimePoint epoch_end_{};
};

}  // namespace hawser
