// SPDX-License-Identifier: Apache-2.0
#include "multipath/delay_meter.h"

#include <algorithm>

namespace hawser {
namespace {

// However wrong a stamp is, sums do not overflow.
constexpr Duration kMostDifference = Seconds(60);

Duration difference(ShimStamp late, ShimStamp early) {
  return std::clamp<Duration>(stamp_difference(late, early), -kMostDifference, kMostDifference);
}

}  // namespace

void DelayMeter::note(ShimStamp stamp, TimePoint arrival) {
  const ShimStamp delay = to_stamp(arrival) - stamp;
  if (last_delay_) {
    // RFC 3550 section 6.4.1, J = J + (|D| - J) / 16.
    const Duration change = difference(delay, *last_delay_);
    jitter_ += ((change < Duration(0) ? -change : change) - jitter_) / 16;
  }
  last_delay_ = delay;

  if (!span_) {
    span_ = Span{
        .newest = stamp, .newest_arrival = arrival, .first_delay = delay, .lowest_delay = delay};
  } else if (stamp_difference(stamp, span_->newest) >= Duration(0)) {
    span_->newest = stamp;
    span_->newest_arrival = arrival;
  }
  const Duration above_first = difference(delay, span_->first_delay);
  if (above_first < span_->lowest) {
    span_->lowest = above_first;
    span_->lowest_delay = delay;
  }
  span_->sum += above_first;
  ++span_->count;
}

std::optional<PathReport::Timing> DelayMeter::take(TimePoint now) {
  if (!span_) return std::nullopt;
  const PathReport::Timing timing{.echo = span_->newest,
                                  .held = now - span_->newest_arrival,
                                  .delay = span_->lowest_delay,
                                  .delay_mean = span_->sum / span_->count - span_->lowest};
  span_.reset();
  return timing;
}

}  // namespace hawser
