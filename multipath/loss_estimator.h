// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/time.h"
#include "multipath/path_report.h"

namespace hawser {

// Shares of loss and CE from a receiver's counters, smoothed over about two seconds of traffic.
class LossEstimator {
 public:
  static constexpr Duration kMemory = Seconds(2);
  // A pause between reports counts as no more than this: nothing is learned from silence.
  static constexpr Duration kPauseMax = Milliseconds(200);
  // The first report, one of a longer time than the memory, and what was known before it, count as
  // so many packets: what comes now outweighs them soon.
  static constexpr double kOldPackets = 25;

  // Counts what comes on top of this one.
  void begin(const PathReport& report, TimePoint now);
  void add(const PathReport& report, TimePoint now);

  double loss() const;
  double burst() const;
  double congested() const;
  std::uint64_t received_packets() const { return received_total_; }
  std::uint64_t lost_packets() const {
    return lost_total_ < 0 ? 0 : static_cast<std::uint64_t>(lost_total_);
  }

 private:
  struct Sums {
    double received = 0;
    double lost = 0;
    double runs = 0;
    double congested = 0;
    void limit(double packets);
  };

  PathReport last_;
  TimePoint last_time_{};
  bool is_first_ = true;
  Sums recent_;
  std::uint64_t received_total_ = 0;
  std::int64_t lost_total_ = 0;
};

}  // namespace hawser
