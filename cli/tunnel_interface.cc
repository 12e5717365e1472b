// SPDX-License-Identifier: Apache-2.0
#include "cli/tunnel_interface.h"

#include <algorithm>
#include <cerrno>

#include "cli/forwarding.h"
#include "cli/gateway.h"

namespace hawser {
namespace {

constexpr std::uint32_t kFirstOwnTable = 256;         // those below have names, or one octet
constexpr std::uint32_t kPriorityBeforeMain = 32764;  // the main table's rule has 32766
// What waits in the device while its worker does not run, in packets: the 500 that a new device has
// are 6 ms of 80,000 packets a second, which a busy processor takes for others now and then.
constexpr std::uint32_t kTxQueueLength = 2048;
// Stands for the table that add_policy chooses.
constexpr std::uint32_t kOwnTable = 0;

template <typename T>
bool contains(const std::vector<T>& items, const T& item) {
  return std::ranges::find(items, item) != items.end();
}

// Failing to remove what is gone, or to add what is there, is no failure when a state is put back.
bool is_done_already(const OsError& error) {
  return error.code == ESRCH || error.code == EADDRNOTAVAIL || error.code == ENODEV;
}

bool waits_for_name(const PeerSummary& peer) { return !peer.host_name.empty() && !peer.endpoint; }

}  // namespace

std::vector<IpPrefix> InterfaceState::destinations() const {
  std::vector<IpPrefix> prefixes;
  for (const TunnelRoute& route : routes) prefixes.push_back(route.destination);
  return prefixes;
}

PolicyChoice choose_policy(const PolicyNumbers& taken, std::uint16_t listen_port) {
  PolicyChoice choice{std::max<std::uint32_t>(listen_port, kFirstOwnTable), kPriorityBeforeMain};
  while (taken.tables.contains(choice.table) || taken.marks.contains(choice.table)) ++choice.table;
  while (choice.priority > 1 && (taken.priorities.contains(choice.priority) ||
                                 taken.priorities.contains(choice.priority + 1))) {
    --choice.priority;
  }
  return choice;
}

std::vector<PolicyRule> policy_rules(const PolicyChoice& choice, IpFamily family) {
  return {{family, choice.priority, kMainTable, std::nullopt, 0},
          {family, choice.priority + 1, choice.table, choice.table, std::nullopt}};
}

Result<InterfaceState, std::string> TunnelInterface::plan(const InterfaceConfig& config,
                                                          const std::vector<PeerSummary>& peers) {
  InterfaceState state;
  state.mtu = config.mtu;
  state.addresses = config.addresses;
  for (const PeerSummary& peer : peers) {
    for (const IpAddress& address : peer.assigned) {
      const IpPrefix prefix{address, static_cast<std::uint8_t>(address.bit_count())};
      if (!contains(state.addresses, prefix)) state.addresses.push_back(prefix);
    }
  }
  state.mark = config.table.value_or(0);
  state.firewall = {config.name, config.listen_port, config.nat, std::nullopt};
  if (!config.routes) return state;
  const auto add = [&](const TunnelRoute& route) {
    // The kernel adds this route itself, with the address.
    const bool connected = route.table == kMainTable &&
                           std::ranges::any_of(state.addresses, [&](const IpPrefix& address) {
                             return address.network() == route.destination;
                           });
    if (!connected && !contains(state.routes, route)) state.routes.push_back(route);
  };
  // Any address of the pool may be behind a peer.
  for (const IpPrefix& prefix : config.pool) add({prefix, config.table.value_or(kMainTable)});
  for (const PeerSummary& peer : peers) {
    for (const IpPrefix& prefix : peer.allowed_ips) {
      const bool is_default = prefix.length == 0;
      if (is_default && !config.table && waits_for_name(peer)) continue;
      add({prefix, config.table.value_or(is_default ? kOwnTable : kMainTable)});
    }
  }
  if (auto added = add_policy(state, config.listen_port); !added) return failure(added.error());
  if (!state.rules.empty() && reverse_path_is_strict()) state.firewall.mark = state.mark;
  return state;
}

Result<void, std::string> TunnelInterface::add_policy(InterfaceState& state,
                                                      std::uint16_t listen_port) {
  for (TunnelRoute& route : state.routes) {
    if (route.table != kOwnTable) continue;
    if (!policy_) {
      const auto taken = netlink_.policy_numbers();
      if (!taken) return failure(taken.error().what);
      policy_ = choose_policy(*taken, listen_port);
    }
    route.table = state.mark = policy_->table;
    const auto rules = policy_rules(*policy_, route.destination.address.family());
    state.rules.insert(state.rules.end(), rules.begin(), rules.end());
  }
  return {};
}

Result<std::unique_ptr<TunnelInterface>, std::string> TunnelInterface::open(
    const InterfaceConfig& config, const std::vector<PeerSummary>& peers,
    const std::string& runtime_dir) {
  auto changes = SystemChanges::open(runtime_dir, config.name);
  if (!changes) return failure(changes.error());
  auto netlink = Netlink::open();
  if (!netlink) return failure(netlink.error().what);
  const std::string& name = config.name;
  // TUNSETIFF would take over a persistent device that somebody else made.
  if (netlink->interface_index(name)) {
    return failure("a network interface " + name +
                   " exists already; remove it, or use another name");
  }
  if (auto set = set_up_forwarding(config, peers, **changes); !set) return failure(set.error());
  auto device =
      TunDevice::open({.name = name, .queues = config.workers, .offloads = config.offload.tun});
  if (!device) return failure(device.error().what);
  std::unique_ptr<TunnelInterface> interface(
      new TunnelInterface(std::move(*device), std::move(*netlink), std::move(*changes)));
  const auto wanted = interface->plan(config, peers);
  if (!wanted) return failure(wanted.error());
  InterfaceState bare;
  bare.mtu = wanted->mtu;
  Netlink& system = interface->netlink_;
  if (auto ok = system.set_mtu(name, wanted->mtu); !ok) return failure(ok.error().what);
  if (auto ok = system.set_tx_queue_length(name, kTxQueueLength); !ok) {
    return failure(ok.error().what);
  }
  if (auto ok = system.set_up(name); !ok) return failure(ok.error().what);
  if (auto ok = interface->apply(bare, *wanted); !ok) {
    return failure(ok.error());
  }
  interface->state_ = *wanted;
  return interface;
}

bool TunnelInterface::leads_to(const IpAddress& address) {
  const auto route = netlink_.find_route(address, state_.mark);
  return route && route->device == device_.name();
}

Result<void, std::string> TunnelInterface::change_to(const InterfaceState& wanted) {
  const auto changed = apply(state_, wanted);
  if (changed) {
    state_ = wanted;
    return {};
  }
  std::string what = changed.error();
  // Everything of the old state may have to be added again; what is there answers EEXIST.
  if (auto back = remove_stale(wanted, state_); !back) what += "; then " + back.error();
  const std::string& name = device_.name();
  (void)netlink_.set_mtu(name, state_.mtu);
  for (const IpPrefix& address : state_.addresses) (void)netlink_.add_address(name, address);
  for (const TunnelRoute& route : state_.routes) {
    (void)netlink_.add_route({route.destination, name, route.table});
  }
  for (const PolicyRule& rule : state_.rules) (void)changes_->add_rule(rule);
  (void)changes_->set_firewall(state_.firewall);
  return failure(std::move(what));
}

Result<void, std::string> TunnelInterface::apply(const InterfaceState& from,
                                                 const InterfaceState& to) {
  const std::string& name = device_.name();
  if (auto ok = remove_stale(from, to); !ok) return ok;
  if (from.mtu != to.mtu) {
    if (auto ok = netlink_.set_mtu(name, to.mtu); !ok) return failure(ok.error().what);
  }
  const bool removed_addresses = std::ranges::any_of(
      from.addresses, [&](const IpPrefix& address) { return !contains(to.addresses, address); });
  for (const IpPrefix& address : to.addresses) {
    const bool kept = contains(from.addresses, address);
    // The kernel removes the other IPv4 addresses of a network with its first one.
    if (kept && !removed_addresses) continue;
    auto ok = netlink_.add_address(name, address);
    if (!ok && !(kept && ok.error().code == EEXIST)) return failure(ok.error().what);
  }
  for (const TunnelRoute& route : to.routes) {
    const bool kept = contains(from.routes, route);
    if (kept && !removed_addresses) continue;
    auto ok = netlink_.add_route({route.destination, name, route.table});
    if (!ok && !(kept && ok.error().code == EEXIST)) return failure(ok.error().what);
  }
  // Last: from now on packets take the new routes.
  if (from.firewall != to.firewall) {
    if (auto ok = changes_->set_firewall(to.firewall); !ok) return ok;
  }
  if (to.firewall.mark) {
    if (auto ok = changes_->change_sysctls(marked_reverse_path_changes()); !ok) return ok;
  }
  for (const PolicyRule& rule : to.rules) {
    if (auto ok = changes_->add_rule(rule); !ok) return ok;
  }
  return {};
}

Result<void, std::string> TunnelInterface::remove_stale(const InterfaceState& from,
                                                        const InterfaceState& to) {
  const std::string& name = device_.name();
  for (const PolicyRule& rule : from.rules) {
    if (contains(to.rules, rule)) continue;
    if (auto ok = changes_->remove_rule(rule); !ok) return ok;
  }
  for (const TunnelRoute& route : from.routes) {
    if (contains(to.routes, route)) continue;
    auto ok = netlink_.delete_route({route.destination, name, route.table});
    if (!ok && !is_done_already(ok.error())) return failure(ok.error().what);
  }
  for (const IpPrefix& address : from.addresses) {
    if (contains(to.addresses, address)) continue;
    auto ok = netlink_.delete_address(name, address);
    if (!ok && !is_done_already(ok.error())) return failure(ok.error().what);
  }
  return {};
}

}  // namespace hawser
