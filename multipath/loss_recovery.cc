// SPDX-License-Identifier: Apache-2.0
#include "multipath/loss_recovery.h"

#include <algorithm>
#include <utility>

namespace hawser {

void LossRecovery::set_round_trip(Duration round_trip) {
  retry_after_ = std::max<Duration>(round_trip + round_trip / 4, kRetryMin);
}

std::optional<Nack> LossRecovery::poll_nack(Resequencer& resequencer, TimePoint now) {
  if (!resequencer.has_missing()) return std::nullopt;
  if (now < earliest_) {
    again_ = earliest_;
    return std::nullopt;
  }
  Resequencer::Missing missing = resequencer.collect_missing(retry_after_, now);
  earliest_ = now + (missing.ranges.empty() ? kLookInterval : kInterval);
  again_.reset();
  if (missing.again) again_ = std::max(*missing.again, earliest_);
  if (missing.ranges.empty()) return std::nullopt;
  ++nacks_;
  for (const MissingRange& range : missing.ranges) frames_asked_ += range.count;
  return Nack{std::move(missing.ranges)};
}

std::optional<TimePoint> LossRecovery::next_timeout(const Resequencer& resequencer) const {
  return resequencer.has_missing() ? again_ : std::nullopt;
}

}  // namespace hawser
