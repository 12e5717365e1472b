// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace hawser {

struct LossCounts {
  std::uint64_t lost = 0;
  std::uint64_t runs = 0;  // of one or more consecutive numbers
};

// Counts the losses of one SA's packets from their sequence numbers, which are consecutive when
// they are sent. A number that is passed over is lost when as many later ones came as reordering
// explains (it is learned; kPatienceMin at first), or when settle() says that time is up. If it
// comes after all it is taken off again: reordering is not loss in the end. The caller has refused
// replays.
class LossMeter {
 public:
  static constexpr std::uint64_t kPatienceMin = 3;  // as RFC 9002 section 6.1.1
  static constexpr std::uint64_t kPatienceMax = 2048;
  // A greater step forward is a sender that skipped ahead after a restart, not a loss.
  static constexpr std::uint64_t kJump = 1 << 20;

  void note(std::uint64_t sequence);
  // What is missing up to and including this number is not waited for any longer.
  void settle(std::uint64_t up_to);

  std::uint64_t highest() const { return highest_; }
  const LossCounts& counts() const { return counts_; }

 private:
  static constexpr std::uint64_t kBits = 2 * kPatienceMax;

  bool has(std::uint64_t sequence) const;
  void set(std::uint64_t sequence, bool came);
  void advance(std::uint64_t sequence);
  void note_late(std::uint64_t sequence);

  LossCounts counts_;
  std::uint64_t highest_ = 0;
  std::uint64_t settled_ = 0;  // each number up to it is received or counted as lost
  std::uint64_t base_ = 0;     // numbers up to it are not counted at all
  std::uint64_t patience_ = kPatienceMin;
  bool last_was_lost_ = false;                    // settled_ itself
  std::array<std::uint64_t, kBits / 64> came_{};  // which numbers above settled_ did
};

}  // namespace hawser
