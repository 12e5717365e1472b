// SPDX-License-Identifier: Apache-2.0
#include "multipath/codel.h"

#include <algorithm>
#include <cmath>

namespace hawser {

Codel::Options Codel::for_rtt(Duration rtt, Duration jitter, Duration useful_wait) {
  constexpr Milliseconds kLeast{20};
  return {.target = std::max<Duration>({kLeast, rtt / 4, 3 * jitter, useful_wait + kLeast}),
          .interval = std::max<Duration>(Milliseconds(100), 2 * rtt)};
}

// RFC 8289 section 5.5: above the target for a whole interval, and more than one packet.
bool Codel::is_too_long(Duration waited, std::size_t backlog, const Options& options,
                        TimePoint now) {
  if (waited < options.target || backlog <= kLeastBacklog) {
    is_above_ = false;
    return false;
  }
  if (!is_above_) {
    is_above_ = true;
    above_until_ = now + options.interval;
  }
  return now >= above_until_;
}

// RFC 8289 section 3.3: the interval by the square root of the signals, for a throughput that falls
// in step with them.
void Codel::set_next(TimePoint from, const Options& options) {
  const double interval = static_cast<double>(options.interval.count());
  next_ = from + Duration(static_cast<Duration::rep>(interval / std::sqrt(count_)));
}

bool Codel::should_signal(Duration waited, std::size_t backlog, const Options& options,
                          TimePoint now) {
  const bool too_long = is_too_long(waited, backlog, options, now);
  if (!too_long) {
    is_signalling_ = false;
    return false;
  }
  if (is_signalling_) {
    if (now < next_) return false;
    ++count_;
    set_next(next_, options);
    return true;
  }
  is_signalling_ = true;
  // RFC 8289 section 5.4: soon after the last time, go on about where that ended.
  const std::uint32_t rise = count_ - count_before_;
  const bool soon = now - next_ < 16 * options.interval;
  count_ = rise > 1 && soon ? rise : 1;
  count_before_ = count_;
  set_next(now, options);
  return true;
}

}  // namespace hawser
