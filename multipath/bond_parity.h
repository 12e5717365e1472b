// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "multipath/held_packets.h"
#include "multipath/parity_receiver.h"
#include "multipath/parity_sender.h"
#include "multipath/resequencer.h"
#include "multipath/shim.h"

namespace hawser {

// Both halves of forward error correction in one bond: for real-time packets whose class goes by
// `duplicate`, while there is no second path for the copies. Each frame that is made again takes
// its place in the order of its bucket, as one that came.
class BondParity {
 public:
  // The losses of the path in use; unset: there are copies, or nothing is measured.
  void update(const std::optional<ParitySender::Losses>& losses, TimePoint now) {
    sender_.update(losses, now);
  }
  bool covers(TrafficClass traffic_class, std::size_t packet_size) const {
    return traffic_class == TrafficClass::kRealTime && sender_.covers(packet_size);
  }
  void note_sent(const ParitySender::Frame& frame, TimePoint now) { sender_.add(frame, now); }
  std::optional<PathFrame> poll_frame() { return sender_.poll_frame(); }

  // A data frame that is covered.
  void note_received(const ShimHeader& header, ByteSpan packet, TimePoint now) {
    receiver_.note(header.bucket, header.sequence, packet, now);
  }
  // False: it is malformed.
  bool handle_parity(ByteSpan frame, TimePoint now);
  // What was made again and is not there yet; `arrival` is that by which it was.
  void put_in_order(Resequencer& order, const DataArrival& arrival, TimePoint now);
  // Valid until recycle().
  std::optional<ReleasedPacket> poll_released();
  void recycle() { polled_.clear(); }

  std::uint64_t sent() const { return sender_.frames_sent(); }
  std::uint64_t recovered() const { return receiver_.recovered(); }

 private:
  struct Released {
    ParityReceiver::Recovered frame;
    std::uint32_t mark = 0;
  };

  ParitySender sender_;
  ParityReceiver receiver_;
  std::deque<Released> released_;
  std::deque<Released> polled_;
};

}  // namespace hawser
