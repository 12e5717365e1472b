// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace hawser {

// How packets sent one behind the other come to be out of order.
enum class Reordering : std::uint8_t {
  kTwoPaths,  // by turns over paths of 10 and 30 ms
  kLate,      // 1 of 100 comes 5-50 ms late
  kEcmp,      // each packet by chance over 20 or 35 ms
};
std::string_view reordering_name(Reordering kind);

struct Arrival {
  TimePoint at;
  std::uint64_t number = 0;
};

// A stream of `per_second` packets in three parts: in order, then reordered, then in order again.
struct ArrivalSpec {
  Reordering kind = Reordering::kLate;
  std::uint64_t seed = 1;
  unsigned per_second = 10'000;
  Seconds before{5};
  Seconds during{30};
  Seconds after{65};
};
// In the order of arrival; numbers from 1, each once.
std::vector<Arrival> make_arrivals(const ArrivalSpec& spec);

}  // namespace hawser
