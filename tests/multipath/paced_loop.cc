// SPDX-License-Identifier: Apache-2.0
#include "tests/multipath/paced_loop.h"

#include <algorithm>
#include <numeric>

#include "base/bytes.h"
#include "multipath/ecn_mark.h"

namespace hawser {

PacedLoop::PacedLoop(const Options& options)
    : options_(options), link_(time_, options.link, options.seed), queue_(FlowQueue::Options{}) {
  for (std::size_t flow = 0; flow < options_.flows; ++flow) {
    flows_.push_back(
        std::make_unique<CubicFlow>([this, flow](std::uint64_t segment) { push(flow, segment); }));
    time_.in(Milliseconds(10 * flow), [this, flow] { flows_[flow]->start(time_.now()); });
  }
  report();
  sample();
}

void PacedLoop::push(std::size_t flow, std::uint64_t segment) {
  if (stopped_) return;
  QueuedPacket packet{.bytes = queue_.take_buffer(), .flow_hash = static_cast<std::uint32_t>(flow)};
  packet.bytes.assign(kSegment, 0);
  packet.bytes[0] = 0x45;
  packet.bytes[1] = options_.ecn ? 2 : 0;
  store_be64(&packet.bytes[20], segment);
  queue_.push(std::move(packet), time_.now());
  // Not from within: the flow is sending.
  plan_pump(time_.now());
}

void PacedLoop::plan_pump(TimePoint when) {
  if (pump_planned_) return;
  pump_planned_ = true;
  time_.at(when, [this] {
    pump_planned_ = false;
    pump();
  });
}

void PacedLoop::pump() {
  const TimePoint now = time_.now();
  while (const auto front = queue_.front(TrafficClass::kBulk, now)) {
    if (options_.paced && controller_.budget(now) < front->octets) break;
    const std::size_t flow = front->packet->flow_hash;
    const std::uint64_t segment = load_be64(&front->packet->bytes[20]);
    transmit(flow, segment, front->mark_first);
    queue_.pop(TrafficClass::kBulk, 1);
  }
  controller_.note_backlog(!queue_.empty());
  if (queue_.empty()) return;
  const TimePoint next = controller_.next_budget(kSegment + kOverhead, now);
  // As a timer is: not quite when asked.
  plan_pump(next + std::chrono::microseconds(200));
}

void PacedLoop::transmit(std::size_t flow, std::uint64_t segment, bool congested) {
  const TimePoint sent = time_.now();
  const std::size_t octets = kSegment + kOverhead;
  controller_.note_sent(octets, sent);
  sent_octets_ += octets;
  const std::uint64_t number = ++sent_packets_;
  const auto acknowledge = [this, flow, segment, congested] {
    time_.in(options_.link.delay, [this, flow, segment, congested] {
      flows_[flow]->handle_ack(segment, congested, time_.now());
    });
  };
  link_.send(
      octets,
      [this, sent, octets, number, acknowledge, up_to = sent_octets_] {
        const TimePoint now = time_.now();
        arrivals_.octets += octets;
        arrivals_.sent_up_to = up_to;
        ++arrivals_.packets;
        arrivals_.numbers = number;
        arrivals_.last = now;
        arrivals_.least_delay = std::min<Duration>(arrivals_.least_delay, now - sent);
        acknowledge();
      },
      [this, acknowledge] {
        if (options_.recovered) acknowledge();
      });
}

void PacedLoop::report() {
  time_.in(options_.report_interval, [this] { report(); });
  for (const auto& flow : flows_) flow->handle_timeout(time_.now());
  if (arrivals_.octets == reported_.octets) return;
  time_.in(options_.link.delay, [this, arrivals = arrivals_] { handle_report(arrivals); });
  arrivals_.least_delay = Duration::max();
  reported_.octets = arrivals_.octets;
}

void PacedLoop::handle_report(const Arrivals& arrivals) {
  const TimePoint now = time_.now();
  delays_.emplace_back(now, arrivals.least_delay);
  std::erase_if(delays_, [now](const auto& each) { return now - each.first > Seconds(10); });
  const Duration least =
      std::min_element(delays_.begin(), delays_.end(), [](const auto& a, const auto& b) {
        return a.second < b.second;
      })->second;
  const double expected = static_cast<double>(arrivals.numbers - reported_.numbers);
  const double came = static_cast<double>(arrivals.packets - reported_.packets);
  reported_.numbers = arrivals.numbers;
  reported_.packets = arrivals.packets;
  if (expected > 0) loss_ += 0.012 * ((expected - came) / expected - loss_);
  PathEstimate estimate;
  const Duration queueing = arrivals.least_delay - least;
  estimate.rtt = arrivals.least_delay + options_.link.delay;
  estimate.rtt_min = least + options_.link.delay;
  estimate.queueing = queueing;
  estimate.queueing_floor = queueing;
  estimate.loss = loss_;
  estimate.delivered_bytes = arrivals.octets;
  estimate.delivered_at = arrivals.last;
  estimate.in_flight_bytes = sent_octets_ - arrivals.sent_up_to;
  estimate.updated = now;
  queue_.set_codel(Codel::for_rtt(*estimate.rtt));
  controller_.handle_estimate(estimate, now);
  pump();
}

void PacedLoop::sample() {
  time_.in(Milliseconds(1), [this] { sample(); });
  queues_.push_back(link_.queue());
  backlog_ += static_cast<double>(queue_.octets());
  if (controller_.is_constrained()) ++constrained_;
}

void PacedLoop::trickle() {
  stopped_ = true;
  time_.in(Milliseconds(10), [this] { trickle(); });
  transmit(0, UINT64_MAX, false);
}

void PacedLoop::set_mbps(double mbps) {
  options_.link.mbps = mbps;
  link_.set_mbps(mbps);
}

PacedLoop::Result PacedLoop::run(Duration time) {
  queues_.clear();
  backlog_ = 0;
  constrained_ = 0;
  const std::uint64_t delivered = link_.delivered();
  const std::uint64_t overflowed = link_.overflowed();
  const std::uint64_t dropped =
      queue_.counters().dropped_codel.value() + queue_.counters().dropped_full.value();
  const std::uint64_t marked = queue_.counters().marked.value();
  time_.run_until(time_.now() + time);

  Result result;
  const double seconds = std::chrono::duration<double>(time).count();
  const double octets_per_second = options_.link.mbps * 1e6 / 8;
  result.utilization =
      static_cast<double>(link_.delivered() - delivered) / (seconds * octets_per_second);
  const auto samples = static_cast<double>(queues_.size());
  result.queue_mean = std::accumulate(queues_.begin(), queues_.end(), Duration(0)) / queues_.size();
  std::sort(queues_.begin(), queues_.end());
  result.queue_p95 = queues_[queues_.size() * 95 / 100];
  result.backlog_mean =
      Duration(static_cast<Duration::rep>(backlog_ / samples / octets_per_second * 1e9));
  result.constrained = static_cast<double>(constrained_) / samples;
  result.overflowed = link_.overflowed() - overflowed;
  result.dropped =
      queue_.counters().dropped_codel.value() + queue_.counters().dropped_full.value() - dropped;
  result.marked = queue_.counters().marked.value() - marked;
  for (const auto& flow : flows_) result.lost += flow->losses();
  return result;
}

}  // namespace hawser
