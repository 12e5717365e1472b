// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "cli/config_keys.h"
#include "multipath/flow_match.h"

namespace hawser {

// A failed value's error is "what is wrong; what would be right".
template <typename T>
using ConfigValue = Result<T, std::string>;

// Of an endpoint that names none (RFC 3948).
inline constexpr std::uint16_t kDefaultEndpointPort = 4500;

// HOST:PORT before the host is looked up.
struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;

  std::string to_string() const { return host + ":" + std::to_string(port); }
};

// Checks the form of a value: everything that can be said without the rest of the config and
// without the file system.
ConfigValue<void> check_config_value(const ConfigKey& key, std::string_view value);

ConfigValue<std::vector<IpPrefix>> parse_prefixes(std::string_view value);
ConfigValue<std::vector<IpPrefix>> parse_networks(std::string_view value);
ConfigValue<std::vector<IpAddress>> parse_addresses(std::string_view value);
ConfigValue<std::uint64_t> parse_number(const ConfigKey& key, std::string_view value);
// Bits per second: "20M", "500k", "9600".
ConfigValue<std::uint64_t> parse_rate(const ConfigKey& key, std::string_view value);
ConfigValue<std::vector<IpAddress>> parse_gateways(std::string_view value);
ConfigValue<std::vector<FlowMatch>> parse_matches(std::string_view value);
// Packets; unset for "auto".
ConfigValue<std::optional<std::uint32_t>> parse_window(const ConfigKey& key,
                                                       std::string_view value);
ConfigValue<int> parse_nice(const ConfigKey& key, std::string_view value);
ConfigValue<std::uint32_t> parse_spi(const ConfigKey& key, std::string_view value);
ConfigValue<HostAndPort> parse_endpoint(std::string_view value);
// "a, b": the trimmed items.
std::vector<std::string_view> split_list(std::string_view value);
// The values of a kChoice or kWords key.
std::vector<std::string_view> choices_of(const ConfigKey& key);

// What may name a network interface (and a tunnel, and so a socket file).
bool is_interface_name(std::string_view name);

}  // namespace hawser
