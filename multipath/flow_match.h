// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "multipath/flow_key.h"
#include "multipath/traffic_class.h"

namespace hawser {

// One condition of a class: "dscp:ef", "dscp:46", "tcp:22", "udp:10000-20000", "udp", "icmp",
// "protocol:47". A port is met at either end, so that both directions of a flow match.
struct FlowMatch {
  std::optional<std::uint8_t> dscp;
  std::optional<std::uint8_t> protocol;  // 1, ICMP, stands for ICMPv6 too
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0xffff;

  // The error is a sentence for the user.
  static Result<FlowMatch, std::string> parse(std::string_view text);
  bool matches(const FlowInfo& flow) const;
  friend bool operator==(const FlowMatch&, const FlowMatch&) = default;
};

// The first rule that matches gives the class.
struct ClassRule {
  FlowMatch match;
  TrafficClass traffic_class = TrafficClass::kBulk;
  friend bool operator==(const ClassRule&, const ClassRule&) = default;
};

}  // namespace hawser
