// SPDX-License-Identifier: Apache-2.0
#include "tests/antireplay/replay_model.h"

#include <algorithm>

namespace hawser {
namespace {

// splitmix64: as good as is needed, and it costs next to nothing.
class FastRandom {
 public:
  explicit FastRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

// The next number of the sender, or one of the past: near, anywhere in the window, or beyond it.
std::uint64_t choose_number(std::uint64_t roll, std::uint64_t highest, std::uint32_t capacity) {
  const std::uint64_t kind = roll & 1023;
  const std::uint64_t amount = roll >> 10;
  if (kind == 0) return highest + 1 + amount % (3 * std::uint64_t{capacity});
  if (kind < 400) return highest + 1;
  if (kind < 440) return highest + 2 + amount % 16;
  std::uint64_t back = amount % 64;
  if (kind >= 700) back = amount % capacity;
  if (kind >= 960) back = amount % (2 * std::uint64_t{capacity});
  if (kind >= 1016) back = amount % ReplayWindow::kMaxCapacity;
  return back < highest ? highest - back : 0;
}

}  // namespace

// Nothing is cleared but what the highest number passes: older bits are never asked for.
void ReplayModel::advance(std::uint64_t highest) {
  const std::uint64_t steps = std::min(highest / 64 - highest_ / 64, kSpan / 64);
  for (std::uint64_t i = 1; i <= steps; ++i) accepted_[(highest_ / 64 + i) % (kSpan / 64)] = 0;
  highest_ = highest;
}

void ReplayModel::forget() {
  if (highest_ >= capacity_) forgotten_ = std::max(forgotten_, highest_ - capacity_);
}

ReplayVerdict ReplayModel::commit(std::uint64_t number) {
  if (number == 0) return ReplayVerdict::kZero;
  if (number <= forgotten_) return ReplayVerdict::kTooOld;
  if (number > highest_) advance(number);
  std::uint64_t& word = accepted_[number / 64 % (kSpan / 64)];
  const std::uint64_t bit = std::uint64_t{1} << (number % 64);
  if (word & bit) return ReplayVerdict::kReplayed;
  word |= bit;
  forget();
  return ReplayVerdict::kFresh;
}

void ReplayModel::resize(std::uint32_t capacity) {
  capacity_ = capacity;
  forget();
}

DeliveryCounts deliver_at_random(std::uint64_t seed, std::uint64_t deliveries) {
  FastRandom random(seed);
  ReplayWindow window(ReplayWindow::kMinCapacity);
  ReplayModel model(ReplayWindow::kMinCapacity);
  DeliveryCounts counts;
  for (; counts.deliveries < deliveries; ++counts.deliveries) {
    const std::uint64_t roll = random.next();
    if (roll >> 52 == 0) {  // once in 4,096
      const std::uint32_t capacity = ReplayWindow::kMinCapacity << roll % 15;
      window.resize(capacity);
      model.resize(capacity);
      ++counts.resizes;
    }
    const std::uint64_t number = choose_number(roll, model.highest(), window.capacity());
    const ReplayVerdict checked = window.check(SequenceNumber(number));
    const ReplayVerdict answer = window.commit(SequenceNumber(number));
    const ReplayVerdict right = model.commit(number);
    if (answer != right || checked != answer) {
      if (counts.wrongly_answered++ == 0) counts.first_wrong_delivery = counts.deliveries + 1;
      if (answer == ReplayVerdict::kFresh) ++counts.duplicates_accepted;
    }
    counts.accepted += answer == ReplayVerdict::kFresh;
    counts.replayed += answer == ReplayVerdict::kReplayed;
    counts.too_old += answer == ReplayVerdict::kTooOld;
  }
  return counts;
}

}  // namespace hawser
