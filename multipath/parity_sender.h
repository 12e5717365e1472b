// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/parity_frame.h"
#include "multipath/path_frame.h"

namespace hawser {

// Sends a parity frame behind every few data frames of a flow, as many as the loss of the path asks
// for: none where nothing is lost. For real-time packets that have one path only; what is lost
// there cannot be asked for in time. Sans-IO; one thread.
class ParitySender {
 public:
  static constexpr std::size_t kGroupsMax = 64;  // flows at a time
  static constexpr std::size_t kFramesMax = 64;  // that wait to be polled
  // A parity frame is as long as the longest packet and a little: it must not be cut for that.
  static constexpr std::size_t kPacketMax = 1200;
  // What comes later than that after the first frame of its group is of no use to a call.
  static constexpr Duration kGroupTime = Milliseconds(120);
  // Losses are rare events: how long one counts.
  static constexpr Duration kMemory = Seconds(20);

  // What is known of the losses of the path in use. Unset: there are several paths.
  struct Losses {
    std::uint64_t packets = 0;  // since the path began
    double share = 0;           // smoothed
  };
  void update(const std::optional<Losses>& losses, TimePoint now);

  // Data frames for one parity frame; 0: there is none.
  unsigned group() const { return group_; }
  bool covers(std::size_t packet_size) const { return group_ != 0 && packet_size <= kPacketMax; }
  // A data frame that is covered and sent now.
  struct Frame {
    TrafficClass traffic_class{};
    std::uint16_t bucket = 0;
    std::uint32_t sequence = 0;
    PathId path;
    ByteSpan packet;
  };
  void add(const Frame& frame, TimePoint now);
  std::optional<PathFrame> poll_frame();
  std::uint64_t frames_sent() const { return frames_sent_; }

 private:
  struct Group {
    ParityFrame parity;
    unsigned count = 0;
    TimePoint begun;
  };
  Group& group_of(const Frame& frame, TimePoint now);

  unsigned group_ = 0;
  std::uint64_t lost_before_ = 0;
  std::optional<TimePoint> last_loss_;
  std::vector<Group> groups_;
  std::deque<PathFrame> frames_;
  std::uint64_t frames_sent_ = 0;
};

}  // namespace hawser
