// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "multipath/traffic_class.h"

namespace hawser {

// How the packets of a class are given to the paths.
enum class TrafficPolicy : std::uint8_t {
  kDuplicate,      // each on the two best independent paths
  kLowestLatency,  // on the one that is there first
  kAggregate,      // on all, as much as they carry
  kBalance,        // each flow on one, by weight
  kRoundRobin,     // in turn, by weight
  kFailover,       // on the best, until it fails
};
inline constexpr std::size_t kTrafficPolicies = 6;

// As in the config: "lowest-latency".
std::string_view to_string(TrafficPolicy policy);
std::optional<TrafficPolicy> parse_traffic_policy(std::string_view text);

// "real-time", "interactive", "bulk".
std::string_view to_string(TrafficClass traffic_class);
std::optional<TrafficClass> parse_traffic_class(std::string_view text);

// The policy of each class.
struct TrafficPolicies {
  std::array<TrafficPolicy, kTrafficClasses> by_class{
      TrafficPolicy::kDuplicate, TrafficPolicy::kLowestLatency, TrafficPolicy::kAggregate};

  TrafficPolicy& operator[](TrafficClass traffic_class) {
    return by_class[static_cast<std::size_t>(traffic_class)];
  }
  TrafficPolicy operator[](TrafficClass traffic_class) const {
    return by_class[static_cast<std::size_t>(traffic_class)];
  }
  friend bool operator==(const TrafficPolicies&, const TrafficPolicies&) = default;
};

}  // namespace hawser
