// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/simulation.h"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

constexpr std::uint64_t kBitsPerOctet = 8;

bool later(TimePoint a, std::uint64_t order_a, TimePoint b, std::uint64_t order_b) {
  return a != b ? a > b : order_a > order_b;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed) : seed_(seed), random_(seed) {}

SimNode& Simulation::add_node(const SimNode::Options& options) {
  return *nodes_.emplace_back(std::make_unique<SimNode>(*this, options));
}

Simulation::Link& Simulation::link(const TransportAddress& from, const TransportAddress& to) {
  return links_[{from.address, to.address}];
}

void Simulation::set_link(const SimNode& from, const SimNode& to, const LinkSpec& spec) {
  link(from.address(), to.address()).spec = spec;
}

void Simulation::set_links(const SimNode& a, const SimNode& b, const LinkSpec& both) {
  set_link(a, b, both);
  set_link(b, a, both);
}

const LinkCounters& Simulation::counters(const SimNode& from, const SimNode& to) {
  return link(from.address(), to.address()).counters;
}

void Simulation::at(TimePoint when, std::function<void()> action) {
  queue_.push_back({when, next_order_++, std::move(action)});
  std::ranges::push_heap(queue_, [](const Scheduled& a, const Scheduled& b) {
    return later(a.when, a.order, b.when, b.order);
  });
}

void Simulation::send(const TransportAddress& from, const TransportAddress& to, Bytes datagram) {
  if (on_send) on_send(from, datagram);
  Link& way = link(from, to);
  ++way.counters.sent;
  if (way.spec.down || datagram.size() > way.spec.mtu || random_.chance(way.spec.loss)) {
    ++way.counters.lost;
    return;
  }
  if (random_.chance(way.spec.corrupt)) {
    ++way.counters.corrupted;
    const std::uint64_t bit = random_.below(datagram.size() * kBitsPerOctet);
    datagram[bit / kBitsPerOctet] ^= static_cast<std::uint8_t>(1u << (bit % kBitsPerOctet));
  }
  if (random_.chance(way.spec.duplicate)) {
    ++way.counters.duplicated;
    deliver_later(way, from, to, datagram);
  }
  deliver_later(way, from, to, std::move(datagram));
}

void Simulation::deliver_later(Link& way, const TransportAddress& from, const TransportAddress& to,
                               Bytes datagram) {
  TimePoint leaves = now_;
  if (way.spec.rate_bps != 0) {
    const std::uint64_t bits = datagram.size() * kBitsPerOctet;
    leaves = std::max(now_, way.free_at) +
             std::chrono::nanoseconds(bits * 1'000'000'000 / way.spec.rate_bps);
    way.free_at = leaves;
  }
  TimePoint arrives = leaves + way.spec.delay;
  const auto up_to = [this](Milliseconds most) {
    const auto nanoseconds = static_cast<std::uint64_t>(Duration(most).count());
    return Duration(static_cast<Duration::rep>(nanoseconds == 0 ? 0 : random_.below(nanoseconds)));
  };
  arrives += up_to(way.spec.jitter);
  if (random_.chance(way.spec.reorder)) {
    ++way.counters.reordered;
    arrives += up_to(way.spec.reorder_delay);
  }
  at(arrives, [this, from, to, datagram = std::move(datagram)] {
    for (auto& node : nodes_) {
      if (node->address() == to) return node->receive(from, datagram);
    }
  });
}

std::optional<TimePoint> Simulation::next_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& node : nodes_) {
    const auto due = node->next_timeout();
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

// Does what comes next, unless it comes after the limit.
bool Simulation::step(TimePoint limit) {
  const auto timeout = next_timeout();
  const bool has_event = !queue_.empty();
  if (!has_event && !timeout) return false;
  const bool timer_first = timeout && (!has_event || *timeout < queue_.front().when);
  const TimePoint when = timer_first ? *timeout : queue_.front().when;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  if (timer_first) {
    for (auto& node : nodes_) node->run_timers();
    return true;
  }
  std::ranges::pop_heap(queue_, [](const Scheduled& a, const Scheduled& b) {
    return later(a.when, a.order, b.when, b.order);
  });
  const Scheduled next = std::move(queue_.back());
  queue_.pop_back();
  next.action();
  return true;
}

void Simulation::run_for(Duration duration) {
  const TimePoint limit = now_ + duration;
  while (step(limit)) {
  }
  now_ = limit;
}

bool Simulation::run_until(const std::function<bool()>& predicate, Duration limit) {
  const TimePoint end = now_ + limit;
  while (!predicate()) {
    if (!step(end)) {
      now_ = end;
      return predicate();
    }
  }
  return true;
}

std::uint64_t Simulation::digest() const {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; };
  for (const auto& node : nodes_) {
    for (const SimNode::Delivered& one : node->delivered) {
      add(static_cast<std::uint64_t>(one.at.time_since_epoch().count()));
      for (const std::uint8_t octet : one.packet) add(octet);
    }
  }
  return hash;
}

}  // namespace hawser
