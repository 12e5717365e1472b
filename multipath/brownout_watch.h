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

// Sees within half a second that a path which still answers has become bad: a fifth of the packets
// lost, or the round trip several times what it was. Reads the estimates as reports bring them.
class BrownoutWatch {
 public:
  void begin(TimePoint now);
  void handle_estimate(const PathEstimate& estimate, TimePoint now);
  void note_round_trip(Duration round_trip, TimePoint now);

  // A loss where there are few packets: more of them (probes) would tell whether it is bad.
  bool wants_probes(TimePoint now) const;
  // In words, what is bad about it now; nothing if it is well.
  std::optional<std::string> verdict(TimePoint now) const;
  // The same for coming back, for which it has to be better than merely not bad.
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
    bool is_queueing = false;
    double loss() const;
  };
  Window window(Duration length, TimePoint now) const;

  std::array<Sample, kSamples> samples_{};
  std::size_t next_sample_ = 0;
  std::size_t sample_count_ = 0;
  double usual_loss_ = 0;
  std::optional<TimePoint> surprised_;  // by a loss

  std::optional<Duration> rtt_min_;
  std::optional<TimePoint> slow_since_;
  std::optional<TimePoint> slow_until_;  // the last slow round trip
  unsigned slow_count_ = 0;
  Duration rtt_latest_{0};
};

}  // namespace hawser
