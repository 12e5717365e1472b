// SPDX-License-Identifier: Apache-2.0
#include "antireplay/replay_window.h"

#include <bit>
#include <cassert>

namespace hawser {

// The window ends anywhere inside a word, so capacity / 64 words do not cover it; twice as many
// keep the ring's length a power of two.
ReplayWindow::ReplayWindow(std::uint32_t capacity) : capacity_(capacity), ring_(std::size_t{capacity} / 64 * 2) {
  assert(std::has_single_bit(capacity) && capacity >= kMinCapacity && capacity <= kMaxCapacity);
}

ReplayVerdict ReplayWindow::check(SequenceNumber sequence) const {
  const std::uint64_t number = sequence.value();
  if (number == 0) return ReplayVerdict::kZero;
  if (number > highest_.value()) return ReplayVerdict::kFresh;
  if (highest_.value() - number >= capacity_) return ReplayVerdict::kTooOld;
  const std::uint64_t block = number / 64;
  const Word& word = ring_[block & (ring_.size() - 1)];
  if (word.block != block) return ReplayVerdict::kFresh;
  return (word.bits >> (number % 64)) & 1 ? ReplayVerdict::kReplayed : ReplayVerdict::kFresh;
}

ReplayVerdict ReplayWindow::commit(SequenceNumber sequence) {
  const ReplayVerdict verdict = check(sequence);
  if (verdict != ReplayVerdict::kFresh) return verdict;
  const std::uint64_t block = sequence.value() / 64;
  Word& word = ring_[block & (ring_.size() - 1)];
  if (word.block != block) word = {block, 0};
  word.bits |= std::uint64_t{1} << (sequence.value() % 64);
  if (sequence > highest_) highest_ = sequence;
  return verdict;
}

}  // namespace hawser
