// SPDX-License-Identifier: Apache-2.0
#include "tests/support/arrivals.h"

#include <algorithm>
#include <random>

namespace hawser {
namespace {

Milliseconds delay_of(Reordering kind, std::uint64_t number, std::mt19937_64& random) {
  switch (kind) {
    case Reordering::kTwoPaths:
      return Milliseconds(number % 2 == 0 ? 10 : 30);
    case Reordering::kLate:
      return Milliseconds(random() % 100 == 0 ? 25 + random() % 46 : 20);
    case Reordering::kEcmp:
      return Milliseconds(random() % 2 == 0 ? 20 : 35);
  }
  return Milliseconds(20);
}

}  // namespace

std::string_view reordering_name(Reordering kind) {
  switch (kind) {
    case Reordering::kTwoPaths:
      return "two-paths";
    case Reordering::kLate:
      return "late-1-percent";
    case Reordering::kEcmp:
      return "ecmp";
  }
  return "unknown";
}

std::vector<Arrival> make_arrivals(const ArrivalSpec& spec) {
  std::mt19937_64 random(spec.seed);
  const Duration interval = Duration(Seconds(1)) / spec.per_second;
  const TimePoint start{Seconds(1)};
  const TimePoint first = start + spec.before;
  const TimePoint last = first + spec.during;
  std::vector<Arrival> arrivals;
  std::uint64_t number = 1;
  for (TimePoint at = start; at < last + spec.after; at += interval) {
    const bool reordered = at >= first && at < last;
    const Milliseconds delay = reordered ? delay_of(spec.kind, number, random) : Milliseconds(20);
    arrivals.push_back({at + delay, number++});
  }
  std::ranges::stable_sort(arrivals, {}, &Arrival::at);
  return arrivals;
}

}  // namespace hawser
