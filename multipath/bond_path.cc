// SPDX-License-Identifier: Apache-2.0
#include "multipath/bond_path.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/deadline.h"

namespace hawser {
namespace {

// Paths whose interface is not known are independent as far as we can tell.
constexpr std::uint32_t kUnknownGroup = 0x80000000;
constexpr Duration kFresh = Milliseconds(500);
constexpr Duration kHalfLife = Milliseconds(500);
// Of fewer nothing is concluded.
constexpr double kFewPackets = 20;

// What is left of a measurement of that age.
double left_after(Duration age) {
  return std::exp2(-static_cast<double>(age.count()) / static_cast<double>(kHalfLife.count()));
}

}  // namespace

BondPath::BondPath(const Options& options, Random& random, DelayOrigin& origin, TimePoint now)
    : life({.id = options.plan.path, .full_frame = options.full_frame}, random),
      sender(origin),
      receiver(options.plan.path),
      rate(options.plan.preference.limit_bps),
      plan_(options.plan),
      since_(now) {
  mtu.set_link(plan_.mtu);
  life.begin(plan_.addresses, options.origin, now);
  if (!plan_.is_up) life.handle_link(false, plan_.reason, now);
  if (!plan_.is_enabled) life.disable(plan_.reason, now);
}

void BondPath::set_plan(const PlannedPath& plan, TimePoint now) {
  const PlannedPath before = std::exchange(plan_, plan);
  const bool was_there = before.is_up && before.is_enabled;
  const bool is_there = plan.is_up && plan.is_enabled;
  if (is_there != was_there) owes_farewell_ = was_there;
  rate.set_limit(plan.preference.limit_bps);
  mtu.set_link(plan.mtu);
  // The peer had begun it: frames of it came, and nobody here had planned it.
  const bool is_ours_now = before.name.empty() && !plan.name.empty();
  if (is_ours_now || plan.addresses != before.addresses) life.move(plan.addresses, now);
  if (plan.is_up != before.is_up) life.handle_link(plan.is_up, plan.reason, now);
  if (plan.is_enabled == before.is_enabled) return;
  if (plan.is_enabled) {
    life.enable(now);
  } else {
    life.disable(plan.reason, now);
  }
}

void BondPath::begin_sa(Spi spi) {
  if (has_sa_ && sa_ == spi) return;
  has_sa_ = true;
  sa_ = spi;
  sender.begin_sa(spi);
}

void BondPath::count_sent(std::uint64_t packets, std::uint64_t octets, bool is_data) {
  sent_packets_ += packets;
  sent_octets_ += octets;
  if (!is_data) control_octets_ += octets;
}

void BondPath::count_received(std::uint64_t octets) {
  ++plain_packets_;
  plain_octets_ += octets;
}

void BondPath::note_sent(const SentPacket& packet, bool is_data, TimePoint now) {
  if (is_data) {
    if (!paused_since_ && last_data_sent_ && now >= *last_data_sent_ + kFresh) {
      paused_since_ = last_data_sent_;
    }
    last_data_sent_ = now;
  }
  sender.note_sent(packet, now);
  if (packet.elicits) rate.note_sent(packet.octets, now, packet.waited);
  life.note_sent(is_data, now);
}

void BondPath::note_received(const PathArrival& arrival, const ReceivedPacket& packet,
                             TimePoint now) {
  heard_spi_ = arrival.spi;
  receiver.note(packet, now);
  life.note_heard(
      {.addresses = arrival.addresses, .octets = arrival.octets, .is_newest = arrival.is_newest},
      now);
}

void BondPath::handle_report(const PathReport& report, bool same_path, TimePoint now) {
  if (report.is_down) return life.handle_farewell(now);
  const std::uint64_t delivered = sender.estimate(now).delivered_bytes;
  if (!sender.handle_report(report, same_path, now)) return;
  const PathEstimate& estimate = sender.estimate(now);
  if (estimate.delivered_bytes != delivered) paused_since_.reset();
  recent_loss_.update(estimate, now);
  life.handle_estimate(estimate, now);
  rate.handle_estimate(estimate, now);
}

void BondPath::refresh_budget(PathView& view, TimePoint now) {
  view.rate_bps = rate.is_constrained() ? rate.rate_bps() : 0;
  view.budget_bytes = rate.is_constrained() ? rate.budget(now) : UINT64_MAX;
}

void BondPath::note_backlog(bool waiting) {
  sender.note_backlog(waiting);
  rate.note_backlog(waiting);
}

std::optional<PathReport> BondPath::poll_farewell() {
  if (!std::exchange(owes_farewell_, false)) return std::nullopt;
  PathReport report;
  report.is_down = true;
  report.path = plan_.path;
  return report;
}

bool BondPath::handle_frame(ByteSpan frame, const AddressPair& from, TimePoint now) {
  const bool taken = life.handle_frame(frame, from, now);
  take_round_trips(now);
  return taken;
}

void BondPath::take_round_trips(TimePoint now) {
  while (const auto round_trip = life.poll_round_trip()) {
    sender.handle_round_trip(*round_trip, now);
    life.handle_estimate(sender.estimate(now), now);
    rate.handle_estimate(sender.estimate(now), now);
  }
}

std::optional<PathReport> BondPath::poll_report(TimePoint now) {
  const auto report = receiver.poll_report(now);
  if (report && report->timing) {
    arrival_delay_ = report->timing->delay + to_stamp(TimePoint(report->timing->delay_mean));
    arrival_jitter_ = report->jitter;
  }
  return report;
}

void BondPath::handle_timeout(TimePoint now) {
  life.handle_timeout(now);
  take_round_trips(now);
}

std::optional<TimePoint> BondPath::next_timeout() const {
  return earlier(life.next_timeout(), receiver.next_timeout());
}

void BondPath::RecentLoss::update(const PathEstimate& estimate, TimePoint now) {
  const double left = left_after(now - updated);
  // Late packets may make losses fewer again.
  const std::uint64_t new_lost =
      estimate.lost_packets > lost_before ? estimate.lost_packets - lost_before : 0;
  const std::uint64_t new_packets =
      estimate.delivered_packets > packets_before ? estimate.delivered_packets - packets_before : 0;
  const auto all = static_cast<double>(new_lost + new_packets);
  // What a report of a longer time tells says little of now.
  const bool is_old = now - updated > LossEstimator::kMemory;
  const double weight = is_old ? kFewPackets / std::max(all, kFewPackets) : 1;
  lost = lost * left + weight * static_cast<double>(new_lost);
  packets = packets * left + weight * static_cast<double>(new_packets);
  lost_before = estimate.lost_packets;
  packets_before = estimate.delivered_packets;
  updated = now;
}

double BondPath::RecentLoss::share() const { return lost / std::max(lost + packets, kFewPackets); }

void BondPath::forecast(PathView& view, TimePoint now) const {
  view.recent_loss = recent_loss_.share();
  const std::optional<TimePoint> last = paused_since_ ? paused_since_ : last_data_sent_;
  if (!last || now < *last + kFresh) return;
  view.idle_for = now - *last - kFresh;
  const double left = left_after(view.idle_for);
  view.recent_loss *= left;
  const PathEstimate& estimate = view.estimate;
  if (!estimate.delay || !estimate.delay_min) return;
  const Duration above = std::max(Duration(0), *estimate.delay - *estimate.delay_min);
  view.queue_gone =
      Duration(static_cast<std::int64_t>(static_cast<double>(above.count()) * (1 - left)));
}

PathView BondPath::view(TimePoint now) {
  if (life.state() != seen_state_) {
    seen_state_ = life.state();
    since_ = now;
    ++state_changes_;
  }
  PathView view{.id = plan_.path,
                .state = has_sa_ ? life.state() : PathState::kCandidate,
                .estimate = sender.estimate(now),
                .preference = plan_.preference,
                .group = plan_.link != 0 && plan_.shares_link ? plan_.link
                                                              : kUnknownGroup | plan_.path.value()};
  forecast(view, now);
  refresh_budget(view, now);
  return view;
}

PathStatus BondPath::status(const PathView& now_view, TimePoint now) const {
  const PathReception reception = receiver.reception();
  PathStatus status{.id = plan_.path,
                    .name = plan_.name,
                    .interface = plan_.interface,
                    .link = plan_.link,
                    .addresses = life.addresses(),
                    .state = now_view.state,
                    .reason = life.reason(),
                    .since = since_,
                    .state_changes = state_changes_,
                    .preference = plan_.preference,
                    .sending = now_view.estimate};
  status.receiving.jitter = reception.jitter;
  status.receiving.lost_packets = reception.lost;
  status.receiving.delivered_bytes = reception.octets;
  const std::uint64_t expected = reception.packets + reception.lost;
  if (expected != 0) {
    status.receiving.loss = static_cast<double>(reception.lost) / static_cast<double>(expected);
  }
  status.receiving.reorder_extent = reception.reorder.extent_max;
  status.rate_bps = rate.is_constrained() ? rate.rate_bps() : 0;
  status.sent_packets = sent_packets_;
  status.sent_bytes = sent_octets_;
  status.control_bytes = control_octets_;
  status.mtu = mtu.is_known(now) ? mtu.value(now) : 0;
  status.received_packets = reception.packets + plain_packets_;
  status.received_bytes = reception.octets + plain_octets_;
  return status;
}

}  // namespace hawser
