// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bit_ring.h"
#include "base/strong.h"

namespace hawser {

// A full 64-bit ESP sequence number (RFC 4303 section 2.2.1); without ESN the high half is 0.
using SequenceNumber = Strong<struct SequenceNumberTag, std::uint64_t>;

enum class ReplayVerdict : std::uint8_t {
  kFresh,     // not seen before
  kReplayed,  // seen before
  kTooOld,    // left of the window: cannot be told, so refused
  kZero,      // 0 is never sent (RFC 4303 section 3.3.3)
};

// The anti-replay window of one inbound SA (RFC 4303 section 3.4.3, ring of words as RFC 6479).
// `check` comes before the ICV is verified and changes nothing; `commit` comes after and marks the
// number as seen. One owner thread.
//
// Invariants, over any arrivals and resizes: no number is committed as fresh twice; a number that
// has always been within the capacity of the highest, and above the floor, is accepted once.
class ReplayWindow {
 public:
  static constexpr std::uint32_t kDefaultCapacity = 4096;
  static constexpr std::uint32_t kMinCapacity = 64;
  static constexpr std::uint32_t kMaxCapacity = 1u << 20;

  // `capacity` is in packets, a power of two from kMinCapacity to kMaxCapacity. Numbers up to
  // `floor` count as seen: what an earlier life of the SA may have accepted.
  explicit ReplayWindow(std::uint32_t capacity = kDefaultCapacity,
                        SequenceNumber floor = SequenceNumber(0));

  ReplayVerdict check(SequenceNumber sequence) const;
  // Marks an authenticated number as seen; what it returns decides (the same number may have been
  // checked twice before its first commit).
  ReplayVerdict commit(SequenceNumber sequence);

  // Forgets nothing: what the old window could not vouch for counts as seen in the new one.
  void resize(std::uint32_t capacity);

  // The highest number committed so far; the floor before the first.
  SequenceNumber highest() const { return highest_; }
  std::uint32_t capacity() const { return capacity_; }
  // Of the ring.
  std::size_t memory_bytes() const { return ring_.memory_bytes(); }

 private:
  bool is_too_old(SequenceNumber sequence) const {
    return highest_.value() - sequence.value() >= capacity_ || sequence <= floor_;
  }

  std::uint32_t capacity_;
  SequenceNumber highest_;
  SequenceNumber floor_;
  BitRing ring_;
};

// Both are called for every packet, and a call would cost more than what they do.
inline ReplayVerdict ReplayWindow::check(SequenceNumber sequence) const {
  const std::uint64_t number = sequence.value();
  if (number == 0) return ReplayVerdict::kZero;
  if (sequence > highest_) return ReplayVerdict::kFresh;
  if (is_too_old(sequence)) return ReplayVerdict::kTooOld;
  return ring_.test(number) ? ReplayVerdict::kReplayed : ReplayVerdict::kFresh;
}

inline ReplayVerdict ReplayWindow::commit(SequenceNumber sequence) {
  const std::uint64_t number = sequence.value();
  if (number == 0) return ReplayVerdict::kZero;
  if (sequence > highest_) {
    highest_ = sequence;
  } else if (is_too_old(sequence)) {
    return ReplayVerdict::kTooOld;
  }
  return ring_.set(number) ? ReplayVerdict::kFresh : ReplayVerdict::kReplayed;
}

}  // namespace hawser
