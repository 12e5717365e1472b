// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

enum class IkeTimer : std::uint8_t {
  kEnd,       // half-open for too long, or what is closed has lingered
  kIkeRekey,  // soft lifetime of the IKE SA
  kDeadPeer,  // silence is looked at
  kChildren,  // the next deadline of a child
  kMobike,    // the path is looked at again
  kCount,
};

// The deadlines of one IKE SA.
class IkeTimers {
 public:
  IkeTimers() { deadlines_.fill(TimePoint::max()); }
  void set(IkeTimer timer, TimePoint when) { at(timer) = when; }
  void clear(IkeTimer timer) { at(timer) = TimePoint::max(); }
  bool is_set(IkeTimer timer) const { return get(timer) != TimePoint::max(); }
  TimePoint get(IkeTimer timer) const { return deadlines_[static_cast<std::size_t>(timer)]; }
  // max() if none is set.
  TimePoint next() const { return *std::min_element(deadlines_.begin(), deadlines_.end()); }
  // One that is due, which is cleared.
  std::optional<IkeTimer> take_due(TimePoint now) {
    for (std::size_t i = 0; i < deadlines_.size(); ++i) {
      if (deadlines_[i] > now) continue;
      deadlines_[i] = TimePoint::max();
      return static_cast<IkeTimer>(i);
    }
    return std::nullopt;
  }

 private:
  TimePoint& at(IkeTimer timer) { return deadlines_[static_cast<std::size_t>(timer)]; }
  std::array<TimePoint, static_cast<std::size_t>(IkeTimer::kCount)> deadlines_;
};

}  // namespace hawser
