// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "base/time.h"

namespace hawser {

// Time that goes on from event to event.
class VirtualTime {
 public:
  // Not at zero: nothing may depend on the clock's beginning.
  TimePoint now() const { return now_; }
  void at(TimePoint time, std::function<void()> event);
  void in(Duration time, std::function<void()> event) { at(now_ + time, std::move(event)); }
  void run_until(TimePoint end);

 private:
  TimePoint now_{Seconds(1000)};
  std::multimap<TimePoint, std::function<void()>> events_;
};

// One direction of a bottleneck: a drop-tail queue in front of a rate, then a delay whose jitter is
// normally distributed, correlated over 100 ms, and keeps the order.
class VirtualLink {
 public:
  struct Options {
    double mbps = 50;
    Duration delay = Milliseconds(20);
    Duration jitter{0};
    double loss = 0;
    Duration queue = Milliseconds(100);
  };
  VirtualLink(VirtualTime& time, const Options& options, std::uint32_t seed);

  // `arrive` is called when it comes out, if it does.
  // Then, `arrive` or `lose`; nothing when the queue overflowed.
  void send(std::size_t octets, std::function<void()> arrive, std::function<void()> lose = {});
  void set_mbps(double mbps) { options_.mbps = mbps; }
  void set_delay(Duration delay) { options_.delay = delay; }

  Duration queue() const;
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t overflowed() const { return overflowed_; }

 private:
  Duration draw_delay();

  VirtualTime& time_;
  Options options_;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
  TimePoint free_at_{};
  TimePoint last_arrival_{};
  TimePoint drawn_at_{};
  double deviation_ = 0;  // in units of the jitter
  std::uint64_t delivered_ = 0;
  std::uint64_t overflowed_ = 0;
};

}  // namespace hawser
