// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/time.h"

namespace hawser {

// The largest inner packet towards a peer, from what its paths take at each moment. Less holds at
// once; more only after it was so for a while: each time that it changes, senders inside have to
// find it out.
class EffectiveMtu {
 public:
  static constexpr Duration kStable = Seconds(60);

  // 0: nothing is known yet.
  std::size_t current() const { return current_.value_or(0); }
  std::size_t update(std::size_t limit, TimePoint now) {
    if (!current_ || limit <= *current_) {
      is_growing_ = false;
      current_ = limit;
      return limit;
    }
    if (!is_growing_) {
      is_growing_ = true;
      grows_since_ = now;
      next_ = limit;
    }
    next_ = std::min(next_, limit);
    if (now >= grows_since_ + kStable) {
      is_growing_ = false;
      current_ = next_;
    }
    return *current_;
  }

 private:
  std::optional<std::size_t> current_;
  std::size_t next_ = 0;  // the least since it may grow
  bool is_growing_ = false;
  TimePoint grows_since_{};
};

}  // namespace hawser
