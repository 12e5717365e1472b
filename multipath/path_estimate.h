// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

// What is known of one path in one direction. A value: whoever measures fills it in, whoever
// decides reads it.
struct PathEstimate {
  // Of the round trip; unset until the first sample.
  std::optional<Duration> rtt;         // smoothed (RFC 6298)
  std::optional<Duration> rtt_min;     // in the last 10 s
  std::optional<Duration> rtt_latest;  // the last sample
  Duration rtt_variation{0};

  // From sending to arrival, plus a difference of clocks that is the same for all paths to a peer:
  // good for comparing paths, not as such.
  std::optional<Duration> delay;      // smoothed
  std::optional<Duration> delay_min;  // in the last 10 s, drift of the clocks removed
  Duration queueing{0};               // smoothed delay above delay_min
  // Of the quickest packet since the report before: what a queue, unlike jitter, does not let past.
  std::optional<Duration> queueing_floor;
  Duration jitter{0};  // RFC 3550 section 6.4.1

  double loss = 0;                      // share of packets, smoothed over about 2 s of traffic
  double loss_burst = 0;                // mean length of a run of losses; 0: none yet
  double congested = 0;                 // share of packets that came marked CE
  std::uint64_t delivery_rate_bps = 0;  // the highest of the last 10 RTTs while there was a backlog
  std::uint64_t delivered_bytes = 0;    // since the path began, as the other end says
  // When the other end counted them, by its clock, whose zero is its own; unset: see `updated`.
  std::optional<TimePoint> delivered_at;
  std::uint64_t delivered_packets = 0;  // likewise, of all kinds, as `lost_packets`
  std::uint64_t lost_packets = 0;
  std::uint64_t in_flight_bytes = 0;  // sent, and neither reported as arrived nor as lost
  std::uint64_t reorder_extent = 0;   // RFC 4737, packets, in the last seconds
  std::optional<TimePoint> updated;   // when the last report or answer came

  double r_factor = 0;  // G.107, of a G.711 call on this path alone; 0: not known
  double mos = 0;
};

}  // namespace hawser
