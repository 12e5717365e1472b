// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "antireplay/replay_window.h"

namespace hawser {

// What a replay window with resizes must answer, by the plainest means that bear a billion
// deliveries: a bit for each of the last kSpan numbers, and the highest number that a window of the
// capacities so far could not vouch for any more.
class ReplayModel {
 public:
  static constexpr std::uint64_t kSpan = std::uint64_t{1} << 23;

  explicit ReplayModel(std::uint32_t capacity) : capacity_(capacity), accepted_(kSpan / 64) {}

  ReplayVerdict commit(std::uint64_t number);
  void resize(std::uint32_t capacity);
  std::uint64_t highest() const { return highest_; }

 private:
  void advance(std::uint64_t highest);
  void forget();

  std::uint32_t capacity_;
  std::uint64_t highest_ = 0;
  std::uint64_t forgotten_ = 0;  // numbers up to this count as seen
  std::vector<std::uint64_t> accepted_;
};

struct DeliveryCounts {
  std::uint64_t deliveries = 0;
  std::uint64_t accepted = 0;
  std::uint64_t replayed = 0;
  std::uint64_t too_old = 0;
  std::uint64_t resizes = 0;
  std::uint64_t duplicates_accepted = 0;   // must be 0
  std::uint64_t wrongly_answered = 0;      // must be 0
  std::uint64_t first_wrong_delivery = 0;  // its number, from 1
};

// Delivers numbers at random, in order, late, again, ahead and of long ago, to a window that is
// resized at random, and to the model.
DeliveryCounts deliver_at_random(std::uint64_t seed, std::uint64_t deliveries);

}  // namespace hawser
