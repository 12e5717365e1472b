// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "multipath/flow_queue.h"
#include "multipath/rate_controller.h"
#include "tests/multipath/cubic_flow.h"
#include "tests/multipath/virtual_link.h"

namespace hawser {

// TCP flows through a FlowQueue and a RateController over one bottleneck, in virtual time:
//
//   CubicFlow -> FlowQueue -> RateController -> VirtualLink -> receiver
//       <-------- acknowledgements, and reports each 25 ms ------- (delay only)
class PacedLoop {
 public:
  struct Options {
    VirtualLink::Options link;
    std::size_t flows = 1;
    bool ecn = false;
    bool recovered = false;  // the flows do not notice random losses
    bool paced = true;       // false: straight to the link, for comparison
    Duration report_interval = Milliseconds(25);
    std::uint32_t seed = 1;
  };
  struct Result {
    double utilization = 0;  // of the link's rate
    Duration queue_mean{0};  // at the link
    Duration queue_p95{0};
    Duration backlog_mean{0};  // in the FlowQueue, at the link's rate
    double constrained = 0;    // share of time
    std::uint64_t overflowed = 0;
    std::uint64_t dropped = 0;  // by the FlowQueue
    std::uint64_t marked = 0;
    std::uint64_t lost = 0;  // as the flows found
  };

  explicit PacedLoop(const Options& options);
  // The result is of this time only.
  Result run(Duration time);
  // From now on the flows offer nothing, but a packet each 10 ms goes.
  void trickle();
  void set_mbps(double mbps);
  void set_delay(Duration delay) { link_.set_delay(delay); }
  const RateController& controller() const { return controller_; }
  TimePoint now() const { return time_.now(); }

 private:
  static constexpr std::size_t kSegment = 1400;
  static constexpr std::size_t kOverhead = 60;  // of ESP and outside

  void push(std::size_t flow, std::uint64_t segment);
  void plan_pump(TimePoint when);
  void pump();
  void transmit(std::size_t flow, std::uint64_t segment, bool congested);
  void report();
  void sample();

  Options options_;
  VirtualTime time_;
  VirtualLink link_;
  FlowQueue queue_;
  RateController controller_;
  std::vector<std::unique_ptr<CubicFlow>> flows_;
  bool stopped_ = false;
  bool pump_planned_ = false;

  // What the receiver counts, and a report tells.
  struct Arrivals {
    std::uint64_t octets = 0;
    std::uint64_t sent_up_to = 0;  // octets sent up to the last packet that came
    std::uint64_t packets = 0;
    std::uint64_t numbers = 0;
    TimePoint last;
    Duration least_delay = Duration::max();
  };
  void handle_report(const Arrivals& arrivals);
  Arrivals arrivals_;
  Arrivals reported_;
  std::uint64_t sent_octets_ = 0;
  std::uint64_t sent_packets_ = 0;
  std::vector<std::pair<TimePoint, Duration>> delays_;  // for the minimum of 10 s
  double loss_ = 0;

  std::vector<Duration> queues_;
  double backlog_ = 0;
  std::size_t constrained_ = 0;
};

}  // namespace hawser
