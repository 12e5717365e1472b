// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace hawser {

// RFC 4737, of one stream of packets.
struct ReorderCounts {
  std::uint64_t packets = 0;
  std::uint64_t reordered = 0;    // section 4.1: came after one with a greater number
  std::uint64_t n_reordered = 0;  // section 5.3, n = 3: came after three in a row that are greater
  std::uint64_t extent_max = 0;   // section 4.2, packets
  std::uint64_t extent_sum = 0;
  Duration late_max{0};  // section 4.3: behind the first packet that it should have preceded

  double ratio() const {
    return packets == 0 ? 0 : static_cast<double>(reordered) / static_cast<double>(packets);
  }
  ReorderCounts& operator+=(const ReorderCounts& other);
};

// Of one packet; zero if it came in order.
struct Lateness {
  std::uint64_t extent = 0;
  Duration late{0};
};

// Measures the reordering of a stream of numbers that increase as they are sent (gaps are losses,
// not reordering); what comes twice counts as reordered. For use on a path's ESP numbers, and
// before and after a resequencer.
class ReorderMeter {
 public:
  // How many packets that came in order are remembered (24 octets each), or more: a power of two.
  // Further back, the distance of the numbers stands for the extent.
  static constexpr std::size_t kDefaultMemory = 256;
  static constexpr std::size_t kN = 3;

  explicit ReorderMeter(std::size_t memory = kDefaultMemory) : in_order_(std::bit_ceil(memory)) {}

  Lateness note(std::uint64_t number, TimePoint now);
  const ReorderCounts& counts() const { return counts_; }

 private:
  struct Arrival {
    std::uint64_t number = 0;
    std::uint64_t index = 0;  // how many came before it
    TimePoint time;
  };

  Lateness note_reordered(std::uint64_t number, TimePoint now);
  const Arrival& at(std::size_t rank) const;  // 0: the oldest
  void remember(std::uint64_t number, TimePoint now);

  ReorderCounts counts_;
  std::uint64_t highest_ = 0;
  std::vector<Arrival> in_order_;  // a ring; numbers increase from the oldest on
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::array<std::uint64_t, kN> last_{};  // the numbers of the last arrivals, a ring
};

}  // namespace hawser
