// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "multipath/path_estimate.h"

namespace hawser {

// Sees within half a second that a path which still answers has become bad: a sixth of the packets
// lost, or the round trip several times what it was. Reads the estimates as reports bring them.
class BrownoutWatch {
 public:
  void begin() { *this = BrownoutWatch(); }
  void handle_estimate(const PathEstimate& estimate, TimePoint now);
  void note_round_trip(Duration round_trip, TimePoint now);

  // A loss where there are few packets: more of them (probes) would tell whether it is bad.
  bool wants_probes(TimePoint now) const;
  // In words, what is bad about the path now; nothing if it is well.
  std::optional<std::string> verdict(TimePoint now) const;
  double usual_loss() const { return usual_loss_; }  // over some seconds
  // Of a path that was bad: it has to be better than merely not bad.
  bool is_well(TimePoint now) const;

 private:
  static constexpr std::size_t kSamples = 64;
  struct Sample {
    TimePoint when;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    bool is_queueing = false;
  };
  struct Window {
    std::uint64_t packets = 0;
    std::uint64_t lost = 0;
    bool is_queueing = false;  // at any time of it
    double loss() const;
  };

  Window window(TimePoint from, TimePoint to) const;
  bool is_lossy(TimePoint now) const;
  void note_loss(TimePoint now);
  Duration slow_limit() const;
  void learn_round_trip(Duration round_trip);

  std::array<Sample, kSamples> samples_{};  // a ring, the newest before next_
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  double usual_loss_ = 0;
  std::optional<TimePoint> surprised_;    // by a loss, the last time
  std::optional<TimePoint> trial_since_;  // what is asked about since then

  std::optional<Duration> rtt_min_;
  Duration round_trip_{0};                    // the last
  std::optional<Duration> usual_round_trip_;  // while nothing is wrong, over some seconds
  Duration usual_deviation_{0};
  std::optional<TimePoint> slow_since_;  // all round trips since then
  TimePoint slow_latest_;
  unsigned slow_count_ = 0;
};

}  // namespace hawser
