// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hawser {

struct LossCounts {
  std::uint64_t lost = 0;
  std::uint64_t runs = 0;  // of one or more consecutive numbers
};

// Counts the losses of one SA's packets from their sequence numbers, which are consecutive when
// they are sent. A number that is passed over is lost when more later ones came than reordering
// explains, or when settle() says that time is up. If it comes after all it is taken off again:
// reordering is not loss in the end. The caller has refused replays.
class LossMeter {
 public:
  static constexpr std::uint64_t kPatienceMin = 3;  // as RFC 9002 section 6.1.1
  static constexpr std::uint64_t kPatienceMax = 2048;
  // How many packets long the reordering that was seen is remembered, once or twice.
  static constexpr std::uint64_t kEpoch = 16384;
  // A greater step forward is a sender that skipped ahead after a restart, not a loss.
  static constexpr std::uint64_t kJump = 1 << 20;

  // The first number is missed from 1 on, unless it is greater than kFresh: then its predecessors
  // were heard by somebody else.
  static constexpr std::uint64_t kFresh = 256;

  void note(std::uint64_t sequence);
  // Numbers below this one were not noted, whether they came or not.
  void begin_at(std::uint64_t sequence);
  // What is missing up to and including this number is not waited for any longer.
  void settle(std::uint64_t up_to);

  std::uint64_t highest() const { return highest_; }
  // How many numbers were passed over and have not come, lost or not.
  std::uint64_t missing() const { return highest_ - base_ - came_count_; }
  // Whether a number is missing that is not counted as lost yet.
  bool waits() const;
  const LossCounts& counts() const { return counts_; }

 private:
  static constexpr std::uint64_t kBits = 2 * kPatienceMax;

  bool has(std::uint64_t sequence) const;
  void set(std::uint64_t sequence, bool came);
  void skip_to(std::uint64_t sequence);
  void note_late(std::uint64_t sequence);
  std::uint64_t patience() const;

  LossCounts counts_;
  std::uint64_t highest_ = 0;
  std::uint64_t settled_ = 0;               // each number up to it has come or is counted as lost
  std::uint64_t base_ = 0;                  // numbers up to it are not counted at all
  std::uint64_t came_count_ = 0;            // of those above base_
  bool last_was_lost_ = false;              // of settled_ itself
  std::array<std::uint64_t, 2> extents_{};  // the greatest of this epoch and of the last
  std::uint64_t epoch_end_ = kEpoch;
  std::array<std::uint64_t, kBits / 64> came_{};  // for the last kBits numbers up to highest_
};

}  // namespace hawser
