// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace hawser {

// How many octets had been sent by when, over about the last two round trips.
class SentHistory {
 public:
  void note_sent(std::size_t octets, TimePoint now) {
    if (count_ > 0 && now >= next_mark_) mark();  // where a pause began
    total_ += octets;
    last_ = now;
    if (now >= next_mark_) mark();
  }
  // Marks must reach back this far.
  void set_span(Duration span) { spacing_ = span / (kMarks / 2); }

  std::uint64_t total() const { return total_; }
  // When the total became `octets`; between two marks in proportion. `now` if nothing was sent.
  TimePoint time_of(std::uint64_t octets, TimePoint now) const;

 private:
  static constexpr std::size_t kMarks = 256;
  struct Mark {
    std::uint64_t total = 0;
    TimePoint at;
  };
  void mark();

  std::array<Mark, kMarks> marks_{};
  std::size_t newest_ = 0;
  std::size_t count_ = 0;
  std::uint64_t total_ = 0;
  TimePoint last_{};  // when anything was sent
  TimePoint next_mark_{};
  Duration spacing_ = Milliseconds(2);
};

}  // namespace hawser
