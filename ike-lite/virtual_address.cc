// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/virtual_address.h"

#include <algorithm>

namespace hawser {
namespace {

ConfigurationValue value_of(ConfigurationAttribute type, std::vector<std::uint8_t> data = {}) {
  return {.type = static_cast<std::uint16_t>(type), .data = std::move(data)};
}

std::vector<std::uint8_t> octets_of(const IpAddress& address) {
  const ByteSpan octets = address.octets();
  return {octets.begin(), octets.end()};
}

void add(std::vector<IpAddress>& to, const IpAddress& address) {
  if (to.size() < kMaxGiven) to.push_back(address);
}

}  // namespace

ConfigurationPayload make_address_request() {
  // RFC 7296 section 3.15.1: without content any value will do.
  return {.type = static_cast<std::uint8_t>(ConfigurationType::kRequest),
          .values = {value_of(ConfigurationAttribute::kIp4Address),
                     value_of(ConfigurationAttribute::kIp4Dns),
                     value_of(ConfigurationAttribute::kIp6Address),
                     value_of(ConfigurationAttribute::kIp6Dns)}};
}

bool asks_for(const ConfigurationPayload& request, IpFamily family) {
  const auto wanted =
      static_cast<std::uint16_t>(family == IpFamily::kV4 ? ConfigurationAttribute::kIp4Address
                                                         : ConfigurationAttribute::kIp6Address);
  return request.type == static_cast<std::uint8_t>(ConfigurationType::kRequest) &&
         std::ranges::any_of(request.values, [wanted](const ConfigurationValue& value) {
           return value.type == wanted;
         });
}

ConfigurationPayload make_address_reply(const GivenAddresses& given) {
  ConfigurationPayload reply{.type = static_cast<std::uint8_t>(ConfigurationType::kReply)};
  for (const IpAddress& address : given.addresses) {
    std::vector<std::uint8_t> octets = octets_of(address);
    // RFC 7296 section 3.15.1: an IPv6 address has the length of its prefix behind it.
    if (!address.is_v4()) octets.push_back(128);
    reply.values.push_back(value_of(
        address.is_v4() ? ConfigurationAttribute::kIp4Address : ConfigurationAttribute::kIp6Address,
        std::move(octets)));
  }
  for (const IpAddress& server : given.dns) {
    reply.values.push_back(
        value_of(server.is_v4() ? ConfigurationAttribute::kIp4Dns : ConfigurationAttribute::kIp6Dns,
                 octets_of(server)));
  }
  return reply;
}

GivenAddresses parse_address_reply(const ConfigurationPayload& reply) {
  GivenAddresses given;
  if (reply.type != static_cast<std::uint8_t>(ConfigurationType::kReply)) return given;
  for (const ConfigurationValue& value : reply.values) {
    switch (static_cast<ConfigurationAttribute>(value.type)) {
      case ConfigurationAttribute::kIp4Address:
        if (value.data.size() == 4) add(given.addresses, IpAddress::v4(value.data.data()));
        break;
      case ConfigurationAttribute::kIp6Address:
        if (value.data.size() == 17) add(given.addresses, IpAddress::v6(value.data.data()));
        break;
      case ConfigurationAttribute::kIp4Dns:
        if (value.data.size() == 4) add(given.dns, IpAddress::v4(value.data.data()));
        break;
      case ConfigurationAttribute::kIp6Dns:
        if (value.data.size() == 16) add(given.dns, IpAddress::v6(value.data.data()));
        break;
      case ConfigurationAttribute::kIp4Netmask:
        break;
    }
  }
  return given;
}

}  // namespace hawser
