// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/ip_address.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// Addresses inside the tunnel that one end gives the other (RFC 7296 section 2.19): what Hawser
// asks for and gives is one address of each family and name servers.

// "Any address, and the name servers."
ConfigurationPayload make_address_request();
bool asks_for(const ConfigurationPayload& request, IpFamily family);

struct GivenAddresses {
  std::vector<IpAddress> addresses;
  std::vector<IpAddress> dns;
};
ConfigurationPayload make_address_reply(const GivenAddresses& given);
// What is no whole address is left out; at most kMaxGiven of each kind.
GivenAddresses parse_address_reply(const ConfigurationPayload& reply);
inline constexpr std::size_t kMaxGiven = 8;

}  // namespace hawser
