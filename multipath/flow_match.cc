// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_match.h"

#include <array>
#include <charconv>
#include <utility>

namespace hawser {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpv6 = 58;

template <typename T>
using Named = std::pair<std::string_view, T>;

// RFC 2474, 2597 (AF), 3246 (EF), 5865 (VA), 8622 (LE).
constexpr std::array<Named<std::uint8_t>, 25> kDscpNames{
    {{"cs0", 0},   {"be", 0},    {"df", 0},    {"le", 1},    {"cs1", 8},
     {"af11", 10}, {"af12", 12}, {"af13", 14}, {"cs2", 16},  {"af21", 18},
     {"af22", 20}, {"af23", 22}, {"cs3", 24},  {"af31", 26}, {"af32", 28},
     {"af33", 30}, {"cs4", 32},  {"af41", 34}, {"af42", 36}, {"af43", 38},
     {"cs5", 40},  {"va", 44},   {"ef", 46},   {"cs6", 48},  {"cs7", 56}}};
constexpr std::array<Named<std::uint8_t>, 3> kProtocolNames{
    {{"icmp", kIcmp}, {"tcp", kTcp}, {"udp", kUdp}}};

template <std::size_t kCount>
std::optional<std::uint8_t> find(const std::array<Named<std::uint8_t>, kCount>& names,
                                 std::string_view name) {
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<std::uint16_t> number(std::string_view text, unsigned largest) {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > largest) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

Failure<std::string> refused(std::string_view text, std::string_view why) {
  return failure("\"" + std::string(text) + "\": " + std::string(why));
}

Result<FlowMatch, std::string> parse_ports(std::string_view text, std::string_view ports,
                                           std::uint8_t protocol) {
  const std::size_t dash = ports.find('-');
  const auto first = number(ports.substr(0, dash), 0xffff);
  const auto last = dash == std::string_view::npos ? first : number(ports.substr(dash + 1), 0xffff);
  if (!first || !last) return refused(text, "a port is a number from 0 to 65535");
  if (*first > *last) return refused(text, "the first port of a range must not be the higher one");
  return FlowMatch{.protocol = protocol, .first_port = *first, .last_port = *last};
}

}  // namespace

Result<FlowMatch, std::string> FlowMatch::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const bool has_value = colon != std::string_view::npos;
  const std::string_view value = has_value ? text.substr(colon + 1) : std::string_view();
  if (kind == "dscp") {
    auto dscp = find(kDscpNames, value);
    if (const auto code = number(value, 63)) dscp = static_cast<std::uint8_t>(*code);
    if (!dscp) return refused(text, "a DSCP is a name like ef or af41, or a number from 0 to 63");
    return FlowMatch{.dscp = dscp};
  }
  if (kind == "protocol") {
    const auto code = number(value, 255);
    if (!code) return refused(text, "a protocol is a number from 0 to 255");
    return FlowMatch{.protocol = static_cast<std::uint8_t>(*code)};
  }
  const auto protocol = find(kProtocolNames, kind);
  if (protocol && !has_value) return FlowMatch{.protocol = protocol};
  if (protocol == kIcmp) return refused(text, "icmp has no ports");
  if (protocol) return parse_ports(text, value, *protocol);
  return refused(text,
                 "a match is like dscp:ef, udp:10000-20000, tcp:22, udp, tcp, icmp or protocol:47");
}

bool FlowMatch::matches(const FlowInfo& flow) const {
  if (dscp && *dscp != flow.dscp) return false;
  if (protocol && *protocol != flow.protocol && !(*protocol == kIcmp && flow.protocol == kIcmpv6)) {
    return false;
  }
  if (first_port == 0 && last_port == 0xffff) return true;
  const auto in_range = [this](std::uint16_t port) {
    return port >= first_port && port <= last_port;
  };
  return flow.has_ports && (in_range(flow.source_port) || in_range(flow.destination_port));
}

}  // namespace hawser
