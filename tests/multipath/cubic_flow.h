// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/time.h"

namespace hawser {

// A TCP sender with unlimited data, as small as it can be and still react like one: slow start with
// HyStart (RFC 9406, delay only), CUBIC (RFC 9438), losses found by selective acknowledgement, one
// reduction each round trip, ECN. Counts in segments.
class CubicFlow {
 public:
  // Called for each segment to send: its number.
  using Send = std::function<void(std::uint64_t)>;
  explicit CubicFlow(Send send) : send_(std::move(send)) {}

  void start(TimePoint now) {
    last_ack_ = now;
    fill_window(now);
  }
  void handle_ack(std::uint64_t segment, bool congested, TimePoint now);
  // To be called from time to time: nothing acknowledged for long is lost.
  void handle_timeout(TimePoint now);

  double window() const { return window_; }
  std::uint64_t losses() const { return losses_; }
  std::uint64_t reductions() const { return reductions_; }
  std::uint64_t timeouts() const { return timeouts_; }

 private:
  struct Sent {
    TimePoint at;
    std::uint64_t order = 0;
    bool again = false;
  };
  void fill_window(TimePoint now);
  void transmit(std::uint64_t segment, Sent sent);
  bool find_losses(std::uint64_t order);
  void reduce();
  void grow(TimePoint now);
  void watch_delay(Duration rtt);
  void smooth_rtt();
  void take_back_timeout(TimePoint now);

  Send send_;
  std::map<std::uint64_t, Sent> in_flight_;             // by segment
  std::map<std::uint64_t, std::uint64_t> transmitted_;  // in-flight segment by order
  std::set<std::uint64_t> lost_;                        // to be sent again
  std::uint64_t next_ = 0;
  std::uint64_t next_order_ = 0;
  std::uint64_t recover_order_ = 0;  // a loss sent before this is of the same reduction
  std::uint64_t round_end_ = 0;
  double window_ = 10;
  double threshold_ = 1e9;
  double largest_ = 0;                // W_max
  std::optional<TimePoint> growing_;  // since when
  struct Before {
    double window = 0;
    double threshold = 0;
  };
  std::optional<Before> before_timeout_;
  Duration rtt_{0};
  Duration rtt_smoothed_{0};  // RFC 6298
  Duration rtt_variation_{0};
  Duration rtt_min_ = Duration::max();
  Duration round_min_ = Duration::max();
  std::uint64_t round_samples_ = 0;
  TimePoint last_ack_{};
  std::uint64_t losses_ = 0;
  std::uint64_t reductions_ = 0;
  std::uint64_t timeouts_ = 0;
};

}  // namespace hawser
