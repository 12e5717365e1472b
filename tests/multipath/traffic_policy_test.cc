// SPDX-License-Identifier: Apache-2.0
#include "multipath/traffic_policy.h"

#include <gtest/gtest.h>

#include <set>

namespace hawser {
namespace {

TEST(TrafficPolicy, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kTrafficPolicies; ++i) {
    const auto policy = static_cast<TrafficPolicy>(i);
    EXPECT_EQ(parse_traffic_policy(to_string(policy)), policy);
    names.insert(to_string(policy));
  }
  EXPECT_EQ(names.size(), kTrafficPolicies);
  EXPECT_EQ(parse_traffic_policy("Aggregate"), std::nullopt);
}

TEST(TrafficPolicy, EachClassHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kTrafficClasses; ++i) {
    const auto traffic_class = static_cast<TrafficClass>(i);
    EXPECT_EQ(parse_traffic_class(to_string(traffic_class)), traffic_class);
    names.insert(to_string(traffic_class));
  }
  EXPECT_EQ(names.size(), kTrafficClasses);
  EXPECT_EQ(parse_traffic_class("voice"), std::nullopt);
}

TEST(TrafficPolicy, DefaultsAreTheDocumentedOnes) {
  const TrafficPolicies policies;
  EXPECT_EQ(to_string(policies[TrafficClass::kRealTime]), "duplicate");
  EXPECT_EQ(to_string(policies[TrafficClass::kInteractive]), "lowest-latency");
  EXPECT_EQ(to_string(policies[TrafficClass::kBulk]), "aggregate");
}

}  // namespace
}  // namespace hawser
