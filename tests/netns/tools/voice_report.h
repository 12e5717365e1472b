// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace hawser::lab {

// What one end noted of the packets of one call.
struct VoiceTrace {
  struct Packet {
    std::optional<TimePoint> received;  // of the first copy
    TimePoint sent{};
    bool below_highest = false;  // came after one that was sent later
  };
  std::vector<Packet> packets;  // by index
  std::uint64_t duplicated = 0;

  void add(std::uint32_t index, TimePoint sent, TimePoint received);

 private:
  std::size_t next_expected_ = 0;
};

struct VoiceReport {
  std::uint64_t sent = 0, received = 0, lost = 0, duplicated = 0, reordered = 0;
  std::uint64_t late = 0;              // arrived after their playout time
  std::uint64_t longest_loss_run = 0;  // of lost ones, in packets
  double longest_gap_ms = 0;           // between two arrivals
  double delay_min_ms = 0, delay_mean_ms = 0, delay_max_ms = 0;
  double jitter_ms = 0;  // RFC 3550, at the end of the call
  double jitter_max_ms = 0;
  // Of lost and late ones together:
  double burst_ratio = 1;
  double mouth_to_ear_ms = 0;
  double r = 0;
  double mos = 1;
};

// Judges a call of `sent` packets as heard through a playout buffer of fixed length: a packet that
// arrives over `playout_buffer` later than the fastest one would have is late, and not heard.
VoiceReport judge_voice(const VoiceTrace& trace, std::uint64_t sent, Duration playout_buffer);

}  // namespace hawser::lab
