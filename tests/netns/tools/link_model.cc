// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/link_model.h"

#include <algorithm>
#include <utility>

#include "tests/netns/tools/frame_headers.h"

namespace hawser::lab {

LinkModel::LinkModel(std::uint64_t seed)
    : loss_random_(seed, 1),
      burst_random_(seed, 2),
      duplicate_random_(seed, 3),
      late_random_(seed, 4),
      path_random_(seed, 5),
      jitter_random_(seed, 6) {}

void LinkModel::configure(const LinkConfig& config, TimePoint now) {
  advance(now);
  const Duration old_time = head_finish_ - head_start_;
  const Duration left = head_finish_ - now;
  config_ = config;
  if (backlog_.empty()) return;
  // The frame on the wire has a share of its octets left; they go at the new rate.
  const double share = old_time.count() > 0 ? static_cast<double>(left.count()) /
                                                  static_cast<double>(old_time.count())
                                            : 0;
  const Duration new_time = transmission_time(backlog_.front().frame.size());
  const auto rest = static_cast<Duration::rep>(share * static_cast<double>(new_time.count()));
  head_finish_ = now + Duration(rest);
  head_start_ = head_finish_ - new_time;
}

void LinkModel::enqueue(Frame frame, TimePoint now) {
  advance(now);
  counters_.in_packets += 1;
  counters_.in_octets += frame.size();
  const Fate fate = draw_fate();
  if (config_.blackhole) {
    counters_.dropped_blackhole += 1;
    return;
  }
  if (config_.udp_block && is_udp(frame)) {
    counters_.dropped_udp += 1;
    return;
  }
  if (queue_is_full(frame.size(), now)) {
    counters_.dropped_queue += 1;
    return;
  }
  if (config_.ecn_threshold.count() > 0 && backlog_time(now) > config_.ecn_threshold &&
      mark_congestion(frame)) {
    counters_.marked_ce += 1;
  }
  backlog_octets_ += frame.size();
  backlog_.push_back({std::move(frame), fate});
  counters_.queue_packets_max =
      std::max<std::uint64_t>(counters_.queue_packets_max, backlog_.size());
  if (backlog_.size() == 1) {
    start_head(now);
    advance(now);
  }
}

std::optional<Frame> LinkModel::dequeue(TimePoint now) {
  advance(now);
  if (in_flight_.empty() || in_flight_.top().departure > now) return {};
  // top() is const only to protect the order, which pop() ends anyway.
  Frame frame = std::move(const_cast<InFlight&>(in_flight_.top()).frame);
  in_flight_.pop();
  counters_.out_packets += 1;
  counters_.out_octets += frame.size();
  return frame;
}

std::optional<TimePoint> LinkModel::next_event() const {
  std::optional<TimePoint> next;
  if (!in_flight_.empty()) next = in_flight_.top().departure;
  if (backlog_.empty()) return next;
  // Without jitter nothing leaves before the shorter delay is over: no need to wake for the end
  // of the transmission itself.
  Duration at_least{};
  if (config_.jitter.count() == 0) {
    at_least = std::min(config_.delay, config_.second_delay.value_or(config_.delay));
  }
  const TimePoint head = head_finish_ + at_least;
  return next ? std::min(*next, head) : head;
}

Duration LinkModel::backlog_time(TimePoint now) const {
  if (backlog_.empty()) return {};
  return head_finish_ - now + transmission_time(backlog_octets_ - backlog_.front().frame.size());
}

LinkModel::Fate LinkModel::draw_fate() {
  // Every stream moves once (lateness twice) for every packet, used or not.
  Fate fate;
  const double loss = loss_random_.uniform();
  const bool in_burst = draw_burst_loss(burst_random_.uniform());
  const double twice = duplicate_random_.uniform();
  const double late = late_random_.uniform();
  const double lateness = late_random_.uniform();
  const double path = path_random_.uniform();
  if (loss < config_.loss) {
    fate.lost = true;
    counters_.lost_random += 1;
  } else if (in_burst) {
    fate.lost = true;
    counters_.lost_burst += 1;
  }
  fate.twice = twice < config_.duplicate;
  fate.second_path = config_.second_delay && path < config_.second_share;
  if (late < config_.reorder) {
    const auto range = static_cast<double>((config_.reorder_max - config_.reorder_min).count());
    fate.lateness = config_.reorder_min + Duration(static_cast<Duration::rep>(lateness * range));
  }
  fate.jitter = jitter_random_.normal_at(counters_.in_packets);
  return fate;
}

// Gilbert-Elliott: bad -> good with 1/length, good -> bad so that the stationary share is the loss.
bool LinkModel::draw_burst_loss(double chance) {
  if (config_.burst_loss <= 0) {
    in_burst_ = false;
    return false;
  }
  const double leave = 1 / config_.burst_length;
  const double enter = leave * config_.burst_loss / (1 - config_.burst_loss);
  in_burst_ = in_burst_ ? chance >= leave : chance < enter;
  return in_burst_;
}

Duration LinkModel::transmission_time(std::size_t octets) const {
  if (config_.rate_bps <= 0) return {};
  return Duration(std::llround(static_cast<double>(octets) * 8e9 / config_.rate_bps));
}

bool LinkModel::queue_is_full(std::size_t octets, TimePoint now) const {
  if (backlog_.empty()) return false;
  if (backlog_.size() >= config_.queue_packets) return true;
  return config_.queue_time.count() > 0 &&
         backlog_time(now) + transmission_time(octets) > config_.queue_time;
}

void LinkModel::start_head(TimePoint at) {
  head_start_ = at;
  head_finish_ = at + transmission_time(backlog_.front().frame.size());
}

void LinkModel::advance(TimePoint now) {
  while (!backlog_.empty() && head_finish_ <= now) {
    Waiting head = std::move(backlog_.front());
    backlog_.pop_front();
    backlog_octets_ -= head.frame.size();
    const TimePoint finish = head_finish_;
    launch(std::move(head), finish);
    // Whatever waits arrived before this frame was through, or advance() had run by then.
    if (!backlog_.empty()) start_head(finish);
  }
}

void LinkModel::launch(Waiting waiting, TimePoint at) {
  const Fate& fate = waiting.fate;
  if (fate.lost) return;
  if (config_.blackhole) {
    counters_.dropped_blackhole += 1;
    return;
  }
  TimePoint departure = at + transit_time(fate, at);
  TimePoint& last = last_departure_[fate.second_path ? 1 : 0];
  if (fate.lateness.count() > 0) {
    counters_.delayed_late += 1;  // overtaken, and holds up nobody
  } else if (config_.jitter.count() == 0 || config_.jitter_correlation.count() > 0) {
    last = departure = std::max(departure, last);
  }
  if (fate.twice) {
    counters_.duplicated += 1;
    push_in_flight(departure, waiting.frame);
  }
  push_in_flight(departure, std::move(waiting.frame));
}

Duration LinkModel::transit_time(const Fate& fate, TimePoint at) const {
  const Duration delay = fate.second_path ? *config_.second_delay : config_.delay;
  double jitter = 0;
  if (config_.jitter.count() > 0) {
    double deviation = fate.jitter;
    if (const auto span = config_.jitter_correlation.count(); span > 0) {
      // Between random values at every `span` a quarter circle of cosine and sine: normal at any
      // time, continuous, and so slow that packets seldom even want to overtake.
      const auto ticks = at.time_since_epoch().count();
      const auto node = static_cast<std::uint64_t>(ticks / span);
      const double angle =
          static_cast<double>(ticks % span) / static_cast<double>(span) * (std::numbers::pi / 2);
      deviation = jitter_random_.normal_at(node) * std::cos(angle) +
                  jitter_random_.normal_at(node + 1) * std::sin(angle);
    }
    jitter = deviation * static_cast<double>(config_.jitter.count());
  }
  const Duration varied = delay + Duration(std::llround(jitter));
  return std::max(varied, Duration{}) + fate.lateness;
}

void LinkModel::push_in_flight(TimePoint departure, Frame frame) {
  in_flight_.push({departure, order_++, std::move(frame)});
}

}  // namespace hawser::lab
