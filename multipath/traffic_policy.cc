// SPDX-License-Identifier: Apache-2.0
#include "multipath/traffic_policy.h"

namespace hawser {
namespace {

constexpr std::array<std::string_view, kTrafficPolicies> kPolicyNames{
    "duplicate", "lowest-latency", "aggregate", "balance", "round-robin", "failover"};
constexpr std::array<std::string_view, kTrafficClasses> kClassNames{"real-time", "interactive",
                                                                    "bulk"};

template <typename T, std::size_t kCount>
std::optional<T> find(const std::array<std::string_view, kCount>& names, std::string_view text) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == text) return static_cast<T>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(TrafficPolicy policy) {
  return kPolicyNames[static_cast<std::size_t>(policy)];
}

std::optional<TrafficPolicy> parse_traffic_policy(std::string_view text) {
  return find<TrafficPolicy>(kPolicyNames, text);
}

std::string_view to_string(TrafficClass traffic_class) {
  return kClassNames[static_cast<std::size_t>(traffic_class)];
}

std::optional<TrafficClass> parse_traffic_class(std::string_view text) {
  return find<TrafficClass>(kClassNames, text);
}

}  // namespace hawser
