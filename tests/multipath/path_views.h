// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "multipath/path_view.h"

namespace hawser::testing {

inline TimePoint at(Duration time) { return TimePoint(Seconds(1000)) + time; }

struct ViewOptions {
  std::uint32_t id = 0;
  PathState state = PathState::kActive;
  Milliseconds delay{20};  // one way
  Milliseconds jitter{0};
  double loss = 0;
  int priority = 0;
  bool metered = false;
  std::uint64_t rate_bps = 0;
};

// A measured path over an interface of its own; the clocks of both ends are an hour apart.
inline PathView make_view(const ViewOptions& options) {
  PathView view{.id = PathId(options.id), .state = options.state, .group = options.id};
  view.estimate.rtt = options.delay * 2;
  view.estimate.rtt_min = options.delay * 2;
  view.estimate.delay = options.delay - std::chrono::hours(1);
  view.estimate.delay_min = view.estimate.delay;
  view.estimate.jitter = options.jitter;
  view.estimate.loss = options.loss;
  view.recent_loss = options.loss;
  view.preference.priority = options.priority;
  view.preference.metered = options.metered;
  view.rate_bps = options.rate_bps;
  return view;
}

}  // namespace hawser::testing
