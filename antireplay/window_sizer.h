// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "antireplay/replay_window.h"
#include "base/time.h"

namespace hawser {

// Says how large a replay window must be, from how late packets are seen to come (the reorder
// extent of RFC 4737, in packets). Grows at once to twice the extent, shrinks slowly: a step every
// kEpoch, after two epochs without need. Only authenticated packets may be told to it.
//
// Of packets left of the window a few are authenticated (never delivered) so that the window can
// learn that it is too small; one that lies further back than kMaxLateness of traffic is a replay,
// however authentic, and is not believed.
class WindowSizer {
 public:
  struct Options {
    std::uint32_t min_capacity = 1024;
    std::uint32_t max_capacity = ReplayWindow::kMaxCapacity;
  };
  static constexpr Duration kEpoch = Seconds(4);
  static constexpr Duration kMaxLateness = Seconds(4);
  // Packets left of the window that may be authenticated per second.
  static constexpr unsigned kSamplesPerSecond = 64;

  explicit WindowSizer(const Options& options) : options_(options) {}

  // True, and one of this second's samples is spent, if a too-old packet may be authenticated.
  bool take_sample(TimePoint now);
  // A packet was authenticated whose number lies `extent` behind the highest one; whether it was
  // inside the window does not matter.
  void note_late(std::uint64_t extent);
  // Once per batch: the capacity that the window should have now.
  std::uint32_t update(std::uint32_t capacity, SequenceNumber highest, TimePoint now);

  // The largest extent seen in this epoch and the one before.
  std::uint64_t extent() const { return extents_[0] > extents_[1] ? extents_[0] : extents_[1]; }

 private:
  static constexpr std::size_t kCheckpoints = 5;  // a second apart

  void checkpoint(SequenceNumber highest, TimePoint now);
  std::uint32_t capacity_for(std::uint64_t extent) const;

  Options options_;
  std::array<std::uint64_t, 2> extents_{};  // of this epoch and the last
  TimePoint epoch_end_{};
  TimePoint sample_second_end_{};
  unsigned samples_left_ = 0;
  // The highest number at the start of each of the last seconds, oldest first.
  std::array<std::uint64_t, kCheckpoints> checkpoints_{};
  std::size_t checkpoint_count_ = 0;
  TimePoint next_checkpoint_{};
  std::uint64_t plausible_extent_ = UINT64_MAX;
};

}  // namespace hawser
