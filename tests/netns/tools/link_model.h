// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <vector>

#include "tests/netns/tools/link_config.h"
#include "tests/netns/tools/link_random.h"

namespace hawser::lab {

using Frame = std::vector<std::uint8_t>;

struct LinkCounters {
  std::uint64_t in_packets = 0, in_octets = 0;
  std::uint64_t out_packets = 0, out_octets = 0;
  std::uint64_t lost_random = 0, lost_burst = 0;
  std::uint64_t dropped_queue = 0, dropped_udp = 0, dropped_blackhole = 0;
  std::uint64_t duplicated = 0, delayed_late = 0, marked_ce = 0;
  std::uint64_t queue_packets_max = 0;
};

// One direction of a link, on virtual time: a queue served at the link's rate, then a delay line.
//
//   enqueue -> [blocked? full? mark CE] -> backlog -> serialised at `rate` -> [lost? twice?]
//           -> delay line (delay, jitter, second path, lateness) -> dequeue
//
// Times inside are exact however late the caller looks. Order is kept unless reordering, a second
// delay or uncorrelated jitter is asked for. The same seed gives the n-th packet the same fate.
// Not thread-safe; `now` must not go backwards.
class LinkModel {
 public:
  explicit LinkModel(std::uint64_t seed);

  void configure(const LinkConfig& config, TimePoint now);
  const LinkConfig& config() const { return config_; }

  void enqueue(Frame frame, TimePoint now);
  // The next frame whose time has come.
  std::optional<Frame> dequeue(TimePoint now);
  // When dequeue should be called next; may be early when the delay is still open.
  std::optional<TimePoint> next_event() const;

  const LinkCounters& counters() const { return counters_; }
  std::size_t backlog_packets() const { return backlog_.size(); }
  Duration backlog_time(TimePoint now) const;

 private:
  struct Fate {
    bool lost = false;
    bool twice = false;
    bool second_path = false;
    Duration lateness{};
    double jitter = 0;  // in standard deviations, for uncorrelated jitter
  };
  struct Waiting {
    Frame frame;
    Fate fate;
  };
  struct InFlight {
    TimePoint departure;
    std::uint64_t order = 0;
    Frame frame;
  };
  struct Later {
    bool operator()(const InFlight& a, const InFlight& b) const {
      return a.departure != b.departure ? a.departure > b.departure : a.order > b.order;
    }
  };

  Fate draw_fate();
  bool draw_burst_loss(double chance);
  Duration transmission_time(std::size_t octets) const;
  bool queue_is_full(std::size_t octets, TimePoint now) const;
  void start_head(TimePoint at);
  void advance(TimePoint now);
  void launch(Waiting waiting, TimePoint at);
  Duration transit_time(const Fate& fate, TimePoint at) const;
  void push_in_flight(TimePoint departure, Frame frame);

  LinkConfig config_;
  LinkCounters counters_;
  LinkRandom loss_random_, burst_random_, duplicate_random_, late_random_, path_random_,
      jitter_random_;
  bool in_burst_ = false;

  std::deque<Waiting> backlog_;  // the head is being transmitted
  std::size_t backlog_octets_ = 0;
  TimePoint head_start_{}, head_finish_{};
  std::priority_queue<InFlight, std::vector<InFlight>, Later> in_flight_;
  std::uint64_t order_ = 0;
  TimePoint last_departure_[2]{};  // per equal-cost path
};

}  // namespace hawser::lab
