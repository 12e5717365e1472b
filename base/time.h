// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace hawser {

// The clock of all protocol code. It has no now(): code below the I/O line can name a time but
// cannot read one; the caller passes it in. The I/O layer feeds it from CLOCK_MONOTONIC.
struct TunnelClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<TunnelClock>;
  static constexpr bool is_steady = true;
};

using TimePoint = TunnelClock::time_point;
using Duration = TunnelClock::duration;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

}  // namespace hawser
