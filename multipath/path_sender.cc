// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_sender.h"

#include <algorithm>

#include "multipath/voice_quality.h"

namespace hawser {
namespace {

// What was not heard of for so long, or three round trips, is not on its way any more.
constexpr Duration kFlightMax = Seconds(1);
// A smoothed delay that much, and twice the jitter, above the least is a queue.
constexpr Duration kQueueMin = Milliseconds(5);
// No report is on its way for so long.
constexpr Duration kReportLateMax = Seconds(2);
constexpr Duration kExtentWindow = Seconds(5);

}  // namespace

void PathSender::note_sent(const SentPacket& packet, TimePoint now) {
  flight_.note_sent(packet.sequence,
                    {.count = packet.elicits ? packet.octets : 0, .backlog = backlog_}, now);
  ++unstamped_;
  if (!packet.stamped) return;
  last_stamp_ = now;
  unstamped_ = 0;
}

bool PathSender::handle_report(const PathReport& report, bool same_path, TimePoint now) {
  const std::optional<std::uint64_t> generation = flight_.generation(report.spi);
  if (!generation) return false;
  switch (judge(report, *generation, now)) {
    case Order::kStale:
      return false;
    case Order::kFirst:
      // Of a receiver that began when this sender did, everything counts.
      loss_.begin(report.number == 0 ? PathReport{} : report, now);
      delivery_.begin(report.number == 0 ? PathReport{} : report);
      break;
    case Order::kNext:
      break;
  }
  last_ = Last{
      .number = report.number, .packets = report.packets, .generation = *generation, .time = now};

  if (report.timing) {
    delay_.add(*report.timing, now);
    if (same_path) add_echo(*report.timing, now);
  }
  jitter_ = report.jitter;
  extent_.update(report.reorder_extent, now, kExtentWindow);
  loss_.add(report, now);
  const DeliveryMeter::Conditions conditions{.rtt = rtt_.smoothed().value_or(Duration(0)),
                                             .jitter = jitter_,
                                             .queue = delay_.queueing() > kQueueMin + 2 * jitter_};
  delivery_.add(report, flight_.settle(report.spi, report.highest), conditions, now);
  update_estimate(now);
  return true;
}

void PathSender::handle_round_trip(Duration round_trip, TimePoint now) {
  rtt_.add(round_trip, now);
  update_estimate(now);
}

const PathEstimate& PathSender::estimate(TimePoint now) {
  const Duration rtt = rtt_.smoothed().value_or(Duration(0));
  flight_.forget_before(now - std::max<Duration>(kFlightMax, 3 * rtt));
  estimate_.in_flight_bytes = flight_.in_flight();
  return estimate_;
}

PathSender::Order PathSender::judge(const PathReport& report, std::uint64_t generation,
                                    TimePoint now) const {
  if (!last_) return Order::kFirst;
  if (generation < last_->generation) return Order::kStale;
  const auto ahead = static_cast<std::int32_t>(report.number - last_->number);
  const auto more = static_cast<std::int32_t>(report.packets - last_->packets);
  if (ahead > 0 && more >= 0) return Order::kNext;
  // A receiver that counts from the beginning again has newer SAs too, or has not been heard since.
  const bool anew = generation > last_->generation || now - last_->time > kReportLateMax;
  return anew ? Order::kFirst : Order::kStale;
}

void PathSender::add_echo(const PathReport::Timing& timing, TimePoint now) {
  const Duration round_trip = stamp_difference(to_stamp(now), timing.echo) - timing.held;
  // Both stamps are rounded down: a unit less than nothing is nothing.
  constexpr Duration kUnit = Duration(Seconds(1)) / (1 << 14);
  if (round_trip >= -2 * kUnit) rtt_.add(round_trip, now);
}

void PathSender::update_estimate(TimePoint now) {
  estimate_.rtt = rtt_.smoothed();
  estimate_.rtt_min = rtt_.minimum();
  estimate_.rtt_latest = rtt_.latest();
  estimate_.rtt_variation = rtt_.variation();
  estimate_.delay = delay_.smoothed();
  estimate_.delay_min = delay_.minimum();
  estimate_.queueing = delay_.queueing();
  estimate_.queueing_floor = delay_.queueing_floor();
  estimate_.jitter = jitter_;
  estimate_.loss = loss_.loss();
  estimate_.loss_burst = loss_.burst();
  estimate_.congested = loss_.congested();
  estimate_.delivered_packets = loss_.received_packets();
  estimate_.lost_packets = loss_.lost_packets();
  estimate_.delivery_rate_bps = delivery_.rate_bps();
  estimate_.delivered_bytes = delivery_.delivered_bytes();
  estimate_.delivered_at = delivery_.delivered_at();
  estimate_.in_flight_bytes = flight_.in_flight();
  estimate_.reorder_extent = extent_.empty() ? 0 : extent_.value();
  estimate_.updated = now;
  if (!estimate_.rtt) return;
  estimate_.r_factor = voice_r_factor({.one_way = *estimate_.rtt / 2,
                                       .jitter = estimate_.jitter,
                                       .loss = estimate_.loss,
                                       .loss_burst = estimate_.loss_burst});
  estimate_.mos = voice_mos(estimate_.r_factor);
}

}  // namespace hawser
