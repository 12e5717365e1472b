// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "base/time.h"
#include "multipath/path_estimate.h"
#include "multipath/path_id.h"
#include "multipath/path_state.h"

namespace hawser {

// What the user says of a path ([path.NAME]).
struct PathPreference {
  int priority = 0;             // higher is preferred, whatever was measured
  bool metered = false;         // its octets cost money
  double cost = 0;              // 0 to 100, taken off the score
  std::uint64_t limit_bps = 0;  // 0: none
  friend bool operator==(const PathPreference&, const PathPreference&) = default;
};

// All that a decision about where a packet goes may depend on. A value, made anew when something
// of it changed.
struct PathView {
  PathId id;
  PathState state{};
  PathEstimate estimate;  // of the sending direction
  // Of the same, for where the next packet goes: what data met grows old when none is sent. A path
  // that was overrun once is tried again, but is not held to be better for it.
  double recent_loss = 0;
  Duration idle_for{0};    // nothing was told of data: what data met is as old as that
  Duration queue_gone{0};  // of the estimate's delay
  PathPreference preference;
  std::uint32_t group = 0;  // paths over one interface fail together
  // Of the rate control: octets that may go now without making a queue.
  std::uint64_t budget_bytes = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t rate_bps = 0;  // 0: unconstrained
};

}  // namespace hawser
