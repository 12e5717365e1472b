// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hawser {

struct OrderCounters {
  std::uint64_t in_order = 0;
  std::uint64_t held = 0;
  std::uint64_t overtaken = 0;  // came after a later one of their bucket (RFC 4737 section 4.1)
  std::uint64_t extent = 0;     // of those, the greatest distance in numbers
  std::uint64_t late = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t too_old = 0;      // dropped: cannot be told from a duplicate
  std::uint64_t timeouts = 0;     // gaps that were given up when the bound had passed
  std::uint64_t early_skips = 0;  // gaps that were given up because every path had passed them
  std::uint64_t overflows = 0;    // gaps that were given up for want of memory
  std::uint64_t lost_frames = 0;  // numbers in gaps that were given up (may still come late)
  std::uint64_t restarts = 0;     // buckets whose sequence jumped
  std::uint64_t evicted_buckets = 0;
};

}  // namespace hawser
