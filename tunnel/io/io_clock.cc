// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/io_clock.h"

#include <ctime>

namespace hawser {

TimePoint monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint(Seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace hawser
