// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/ip_address.h"

namespace hawser {

// A network interface of this host that packets may leave by, as the system has it now. The
// loopback and our own tunnel are none.
struct LocalLink {
  unsigned index = 0;
  std::string name;
  bool up = false;  // switched on, and with a carrier
  unsigned mtu = 0;
  // Of hosts, not link-local ones; those first that are best to send from.
  std::vector<IpAddress> addresses;
  // Of the remote addresses that were asked about, those that no route by this link leads to.
  std::vector<IpAddress> unreachable;

  bool reaches(const IpAddress& remote) const {
    return std::ranges::find(unreachable, remote) == unreachable.end();
  }
  friend bool operator==(const LocalLink&, const LocalLink&) = default;
};

}  // namespace hawser
