// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/time.h"

namespace hawser {

// Of several deadlines the next one; unset: never.
inline void keep_earlier(std::optional<TimePoint>& next, std::optional<TimePoint> other) {
  if (other && (!next || *other < *next)) next = other;
}
inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  keep_earlier(a, b);
  return a;
}

}  // namespace hawser
