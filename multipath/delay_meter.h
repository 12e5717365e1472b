// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "multipath/path_report.h"

namespace hawser {

// What the stamps of a path's packets say at its receiving end: one-way delay, relative, since the
// last report, and jitter.
class DelayMeter {
 public:
  void note(ShimStamp stamp, TimePoint arrival);
  // What is to be reported, and begins anew; nothing if no stamp came since.
  std::optional<PathReport::Timing> take(TimePoint now);
  Duration jitter() const { return jitter_; }

 private:
  struct Span {
    ShimStamp newest = 0;
    TimePoint newest_arrival;
    ShimStamp first_delay = 0;
    ShimStamp lowest_delay = 0;
    // Relative to first_delay.
    Duration lowest{0};
    Duration sum{0};
    std::int64_t count = 0;
  };

  std::optional<Span> span_;
  std::optional<ShimStamp> last_delay_;
  Duration jitter_{0};
};

}  // namespace hawser
