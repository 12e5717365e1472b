// SPDX-License-Identifier: Apache-2.0
#include "tests/multipath/virtual_link.h"

#include <algorithm>
#include <cmath>

namespace hawser {

void VirtualTime::at(TimePoint time, std::function<void()> event) {
  events_.emplace(std::max(time, now_), std::move(event));
}

void VirtualTime::run_until(TimePoint end) {
  while (!events_.empty() && events_.begin()->first <= end) {
    now_ = events_.begin()->first;
    const std::function<void()> event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
  }
  now_ = end;
}

VirtualLink::VirtualLink(VirtualTime& time, const Options& options, std::uint32_t seed)
    : time_(time), options_(options), random_(seed) {}

Duration VirtualLink::queue() const {
  return std::max(Duration(0), Duration(free_at_ - time_.now()));
}

// An Ornstein-Uhlenbeck process.
Duration VirtualLink::draw_delay() {
  if (options_.jitter > Duration(0)) {
    const double since = std::chrono::duration<double>(time_.now() - drawn_at_).count();
    const double kept = std::exp(-std::min(since, 10.0) / 0.1);
    deviation_ = deviation_ * kept + std::sqrt(1 - kept * kept) * normal_(random_);
    drawn_at_ = time_.now();
  }
  const double jitter = static_cast<double>(options_.jitter.count()) * deviation_;
  return std::max(Duration(0), options_.delay + Duration(static_cast<Duration::rep>(jitter)));
}

void VirtualLink::send(std::size_t octets, std::function<void()> arrive,
                       std::function<void()> lose) {
  const auto takes =
      Duration(static_cast<Duration::rep>(static_cast<double>(octets) * 8000 / options_.mbps));
  if (queue() + takes > options_.queue) {
    ++overflowed_;
    return;
  }
  free_at_ = std::max(free_at_, time_.now()) + takes;
  last_arrival_ = std::max(last_arrival_, free_at_ + draw_delay());
  if (std::bernoulli_distribution(options_.loss)(random_)) {
    if (lose) time_.at(last_arrival_, std::move(lose));
    return;
  }
  time_.at(last_arrival_, [this, octets, arrive = std::move(arrive)] {
    delivered_ += octets;
    arrive();
  });
}

}  // namespace hawser
