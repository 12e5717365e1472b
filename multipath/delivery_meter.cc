// SPDX-License-Identifier: Apache-2.0
#include "multipath/delivery_meter.h"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

constexpr int kWindowRtts = 10;
// Between two reports by the receiver's clock and ours, with what the reports' way adds.
constexpr Duration kClocksApart = Seconds(60);

std::uint64_t bits_per_second(std::uint64_t octets, Duration time) {
  return static_cast<std::uint64_t>(static_cast<double>(octets) * 8 /
                                    std::chrono::duration<double>(time).count());
}

}  // namespace

void DeliveryMeter::begin(const PathReport& report) {
  count_ = 0;
  last_octets_ = report.octets;
  last_arrival_.reset();
}

void DeliveryMeter::add(const PathReport& report, const std::optional<FlightLedger::Point>& sent,
                        const Conditions& conditions, TimePoint now) {
  const std::uint32_t octets = report.octets - last_octets_;
  last_octets_ = report.octets;
  delivered_ += octets;
  if (octets == 0) return;
  note_arrival(report.newest_arrival, now);
  if (!sent) return;
  if (count_ > 0 && stamp_difference(report.newest_arrival, at(count_ - 1).arrival) > kPauseMax) {
    count_ = 0;
  }
  if (count_ == kPointsMax) drop_first();
  at(count_++) = {.arrival = report.newest_arrival,
                  .delivered = delivered_,
                  .sent_octets = sent->octets,
                  .sent = sent->sent,
                  .full = sent->backlog || conditions.queue};
  // The first sample is wanted soon.
  const Duration span =
      highest_.empty() ? kSpanMin
                       : std::clamp<Duration>(kSpanJitters * conditions.jitter, kSpanMin, kSpanMax);
  const std::optional<Sample> sample = take_sample(span, kErrorJitters * conditions.jitter);
  if (!sample) return;
  // What was offered and not what the path can carry says only that it can carry that much.
  if (sample->full || sample->rate_bps >= rate_bps()) {
    highest_.update(sample->rate_bps, now, std::max(kWindowMin, kWindowRtts * conditions.rtt));
  }
}

void DeliveryMeter::note_arrival(ShimStamp arrival, TimePoint now) {
  if (!delivered_at_) {
    delivered_at_ = now;
  } else {
    // A receiver that begins anew may have another clock: then ours has to do.
    const Duration ours = now - last_add_;
    const Duration theirs = last_arrival_ ? stamp_difference(arrival, *last_arrival_) : ours;
    const bool plausible = theirs >= Duration(0) && theirs <= ours + kClocksApart;
    *delivered_at_ += plausible ? theirs : ours;
  }
  last_arrival_ = arrival;
  last_add_ = now;
}

std::optional<DeliveryMeter::Sample> DeliveryMeter::take_sample(Duration span, Duration error) {
  const Point& newest = at(count_ - 1);
  bool full = true;
  for (std::size_t rank = count_ - 1; rank-- > 0;) {
    full = full && at(rank + 1).full;
    const Point& base = at(rank);
    const Duration time = stamp_difference(newest.arrival, base.arrival);
    if (time < span) continue;
    std::uint64_t rate = bits_per_second(newest.delivered - base.delivered, time + error);
    // A queue somewhere that opens at once lets packets come faster than the path carries them, but
    // no path carries more than was sent.
    const Duration sending = newest.sent - base.sent;
    if (sending >= span / 2) {
      rate = std::min(rate, bits_per_second(newest.sent_octets - base.sent_octets, sending));
    }
    return Sample{.rate_bps = rate, .full = full};
  }
  return std::nullopt;
}

void DeliveryMeter::drop_first() {
  first_ = (first_ + 1) % kPointsMax;
  --count_;
}

}  // namespace hawser
