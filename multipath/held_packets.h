// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/traffic_class.h"

namespace hawser {

// A frame whose turn came after it did.
struct ReleasedPacket {
  MutableByteSpan payload;
  std::uint16_t bucket = 0;
  TrafficClass traffic_class = TrafficClass::kBulk;
  std::uint32_t mark = 0;  // as it was given
  Duration waited{0};
};

// The copies of frames that wait for their turn, and the queue of those whose turn has come. Slots
// keep their memory from one frame to the next, so waiting costs a copy and seldom an allocation.
// Those that wait can be chained, in the order that their owner wants.
class HeldPackets {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  // Memory of slots that are not in use.
  static constexpr std::size_t kSpareBytesMax = std::size_t{4} << 20;

  struct Description {
    std::uint16_t bucket = 0;
    TrafficClass traffic_class = TrafficClass::kBulk;
    std::uint32_t mark = 0;
    TimePoint arrived;
  };
  Index hold(ByteSpan payload, const Description& description);
  void chain(Index index, Index next) { slots_[index].next = next; }
  // Its turn has come. Returns the one that is chained to it.
  Index release(Index index, TimePoint now);

  std::optional<ReleasedPacket> poll_released();
  bool has_released() const { return next_released_ < released_.size(); }
  // What was polled is no longer in use.
  void recycle();

  // Memory of those that wait; what is released no longer counts.
  std::size_t bytes() const { return bytes_; }
  std::size_t packets() const { return packets_; }

 private:
  struct Slot {
    std::vector<std::uint8_t> octets;
    Description description;
    Duration waited{0};
    Index next = kNone;
  };

  std::vector<Slot> slots_;
  std::vector<Index> free_;
  std::vector<Index> released_;  // in order; up to next_released_ polled
  std::size_t next_released_ = 0;
  std::size_t bytes_ = 0;
  std::size_t packets_ = 0;
  std::size_t spare_bytes_ = 0;
};

}  // namespace hawser
