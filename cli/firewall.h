// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace hawser {

// What a tunnel asks of nftables: a table of its own, hawser_DEVICE.
struct FirewallPlan {
  std::string device;
  std::uint16_t listen_port = 0;
  // What comes in through the tunnel and leaves by another interface gets this host's address.
  bool masquerade = false;
  // Packets to listen-port get this mark, so that a strict rp_filter looks for the way back with
  // the rules that our own packets follow.
  std::optional<std::uint32_t> mark;

  bool is_empty() const { return !masquerade && !mark; }
  friend bool operator==(const FirewallPlan&, const FirewallPlan&) = default;
};

std::string firewall_table(const std::string& device);
// Commands of nft that put the table in place of what it was, as one transaction.
std::string firewall_commands(const FirewallPlan& plan);

// These run in this process (libnftables), and errors are sentences. Removing what is not there is
// no failure.
Result<void, std::string> install_firewall(const FirewallPlan& plan);
Result<void, std::string> remove_firewall(const std::string& device);

}  // namespace hawser
