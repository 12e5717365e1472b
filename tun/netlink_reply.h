// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ip_address.h"
#include "tun/netlink.h"

namespace hawser {

// What the kernel answered besides yes or no.
struct Netlink::Reply {
  std::uint32_t link_mtu = 0;
  std::uint32_t route_mtu = 0;
  unsigned interface = 0;
  std::optional<IpAddress> source;
  PolicyNumbers numbers;
  struct Address {
    unsigned link = 0;
    IpAddress address;
    unsigned rank = 0;
  };
  std::vector<LocalLink> links;
  std::vector<Address> addresses;

  void read(const nlmsghdr* message);
  void read_link(const nlmsghdr* message);
  void read_route(const nlmsghdr* message);
  void read_rule(const nlmsghdr* message);
  void read_local_link(const nlmsghdr* message);
  void read_address(const nlmsghdr* message);
};

}  // namespace hawser
