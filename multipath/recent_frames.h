// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "multipath/path_id.h"
#include "multipath/retransmit_store.h"

namespace hawser {

// Copies of what went last that is not bulk: when a path turns out to be dead, what was on its way
// there goes again by another one at once, for nobody else would miss it in time. The receiver
// drops those that came after all. What is old is wiped. One owner thread.
class RecentFrames {
 public:
  static constexpr std::size_t kFramesMax = 64;
  static constexpr Duration kAgeMax = Milliseconds(500);

  RecentFrames() = default;
  ~RecentFrames();
  RecentFrames(const RecentFrames&) = delete;
  RecentFrames& operator=(const RecentFrames&) = delete;

  // A frame that was sent on one path only. In the place of the oldest.
  void add(const RetransmitStore::Frame& frame, TimePoint now);
  // Those that went by `path`, but of real-time none that is older than `real_time_age`: what is
  // late is of no use there. Each is given back once.
  void send_again(PathId path, Duration real_time_age, TimePoint now);
  // Oldest first; the payload is valid until the next add().
  std::optional<Retransmission> poll();
  void wipe_old(TimePoint now);
  std::size_t count() const { return count_; }

 private:
  struct Record {
    TimePoint when{};
    std::uint16_t bucket = 0;
    std::uint32_t sequence = 0;
    TrafficClass traffic_class{};
    PathId path;
    bool is_due = false;
    std::vector<std::uint8_t> payload;  // its memory is kept for the next one
  };
  // Of the `count_` newest, the oldest first.
  Record& record(std::size_t index) {
    return records_[(next_ + kFramesMax - count_ + index) % kFramesMax];
  }

  std::array<Record, kFramesMax> records_;  // a ring, the newest before next_
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::size_t due_ = 0;
};

}  // namespace hawser
