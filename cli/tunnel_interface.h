// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/config_loader.h"
#include "cli/status_report.h"
#include "cli/system_changes.h"
#include "tun/netlink.h"
#include "tun/tun_device.h"

namespace hawser {

struct TunnelRoute {
  IpPrefix destination;
  std::uint32_t table = kMainTable;
  friend bool operator==(const TunnelRoute&, const TunnelRoute&) = default;
};

// What a config asks the system for beside the device itself.
struct InterfaceState {
  std::uint16_t mtu = 0;
  std::vector<IpPrefix> addresses;
  std::vector<TunnelRoute> routes;
  // For packets that do not carry our mark; see policy_rules.
  std::vector<PolicyRule> rules;
  std::uint32_t mark = 0;  // of outer packets; 0: none
  FirewallPlan firewall = {};

  std::vector<IpPrefix> destinations() const;
};

// Numbers for the routing policy of a tunnel. Mark and table are the same number.
struct PolicyChoice {
  std::uint32_t table = 0;
  std::uint32_t priority = 0;  // and the next one
};
// The first number from the port upward that no rule and no route uses, and the lowest place before
// the main table's rule with room for two.
PolicyChoice choose_policy(const PolicyNumbers& taken, std::uint16_t listen_port);
// What the main table knows better than by a default route stays as it is; everything else that is
// not ours goes by the tunnel's table.
std::vector<PolicyRule> policy_rules(const PolicyChoice& choice, IpFamily family);

// The TUN device with its addresses, MTU, routes and rules, and what a gateway needs of the system;
// all are gone with this object.
class TunnelInterface {
 public:
  // The error is a sentence, and nothing is left behind.
  static Result<std::unique_ptr<TunnelInterface>, std::string> open(
      const InterfaceConfig& config, const std::vector<PeerSummary>& peers,
      const std::string& runtime_dir);

  TunDevice& device() { return device_; }
  SystemChanges& changes() { return *changes_; }
  const InterfaceState& state() const { return state_; }
  // Of the device; 0 if it is gone.
  unsigned index() { return netlink_.interface_index(device_.name()).value_or(0); }

  // True if our packets to the address would go into this very tunnel, by the routes and rules as
  // they are now.
  bool leads_to(const IpAddress& address);

  // A default route through a peer whose host name has no address yet is left out: the name server
  // may be beyond.
  Result<InterfaceState, std::string> plan(const InterfaceConfig& config,
                                           const std::vector<PeerSummary>& peers);
  // Changes only what differs. On an error the old state is put back as far as the system lets us.
  Result<void, std::string> change_to(const InterfaceState& wanted);

 private:
  TunnelInterface(TunDevice device, Netlink netlink, std::unique_ptr<SystemChanges> changes)
      : changes_(std::move(changes)), device_(std::move(device)), netlink_(std::move(netlink)) {}

  Result<void, std::string> add_policy(InterfaceState& state, std::uint16_t listen_port);
  Result<void, std::string> apply(const InterfaceState& from, const InterfaceState& to);
  Result<void, std::string> remove_stale(const InterfaceState& from, const InterfaceState& to);

  // Goes last: its settings are put back, and its rules removed, when the device is gone.
  std::unique_ptr<SystemChanges> changes_;
  TunDevice device_;
  Netlink netlink_;
  InterfaceState state_;
  std::optional<PolicyChoice> policy_;  // once chosen, kept
};

}  // namespace hawser
