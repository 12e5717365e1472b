// SPDX-License-Identifier: Apache-2.0
#include "cli/tunnel_interface.h"

#include <algorithm>
#include <cerrno>

namespace hawser {
namespace {

bool contains(const std::vector<IpPrefix>& prefixes, const IpPrefix& prefix) {
  return std::ranges::find(prefixes, prefix) != prefixes.end();
}

// Failing to remove what is gone, or to add what is there, is no failure when a state is put back.
bool is_done_already(const OsError& error) {
  return error.code == ESRCH || error.code == EADDRNOTAVAIL || error.code == ENODEV;
}

}  // namespace

InterfaceState InterfaceState::of(const Config& config) {
  InterfaceState state{config.interface.mtu, config.interface.addresses, {}};
  if (!config.interface.routes) return state;
  for (const PeerConfig& peer : config.endpoint.peers) {
    for (const IpPrefix& prefix : peer.allowed_ips) {
      // The kernel adds this route itself, with the address.
      const bool connected = std::ranges::any_of(
          state.addresses, [&](const IpPrefix& address) { return address.network() == prefix; });
      if (!connected && !contains(state.routes, prefix)) state.routes.push_back(prefix);
    }
  }
  return state;
}

Result<std::unique_ptr<TunnelInterface>, std::string> TunnelInterface::open(const Config& config) {
  auto netlink = Netlink::open();
  if (!netlink) return failure(netlink.error().what);
  const std::string& name = config.interface.name;
  // TUNSETIFF would take over a persistent device that somebody else made.
  if (netlink->interface_index(name)) {
    return failure("a network interface " + name +
                   " exists already; remove it, or use another name");
  }
  auto device = TunDevice::open(
      {.name = name, .queues = config.interface.workers, .offloads = config.interface.offload.tun});
  if (!device) return failure(device.error().what);
  std::unique_ptr<TunnelInterface> interface(
      new TunnelInterface(std::move(*device), std::move(*netlink)));
  const InterfaceState wanted = InterfaceState::of(config);
  Netlink& system = interface->netlink_;
  if (auto ok = system.set_mtu(name, wanted.mtu); !ok) return failure(ok.error().what);
  if (auto ok = system.set_up(name); !ok) return failure(ok.error().what);
  if (auto ok = interface->apply({wanted.mtu, {}, {}}, wanted); !ok) {
    return failure(ok.error().what);
  }
  interface->state_ = wanted;
  return interface;
}

bool TunnelInterface::leads_to(const IpAddress& address) {
  const auto route = netlink_.find_route(address);
  return route && route->device == device_.name();
}

Result<void, std::string> TunnelInterface::change_to(const InterfaceState& wanted) {
  const auto changed = apply(state_, wanted);
  if (changed) {
    state_ = wanted;
    return {};
  }
  std::string what = changed.error().what;
  // Everything of the old state may have to be added again; what is there answers EEXIST.
  if (auto back = remove_stale(wanted, state_); !back) what += "; then " + back.error().what;
  const std::string& name = device_.name();
  (void)netlink_.set_mtu(name, state_.mtu);
  for (const IpPrefix& address : state_.addresses) (void)netlink_.add_address(name, address);
  for (const IpPrefix& route : state_.routes) (void)netlink_.add_route({route, name});
  return failure(std::move(what));
}

Result<void, OsError> TunnelInterface::apply(const InterfaceState& from, const InterfaceState& to) {
  const std::string& name = device_.name();
  if (auto ok = remove_stale(from, to); !ok) return ok;
  if (from.mtu != to.mtu) {
    if (auto ok = netlink_.set_mtu(name, to.mtu); !ok) return ok;
  }
  const bool removed_addresses = std::ranges::any_of(
      from.addresses, [&](const IpPrefix& address) { return !contains(to.addresses, address); });
  for (const IpPrefix& address : to.addresses) {
    const bool kept = contains(from.addresses, address);
    // The kernel removes the other IPv4 addresses of a network with its first one.
    if (kept && !removed_addresses) continue;
    auto ok = netlink_.add_address(name, address);
    if (!ok && !(kept && ok.error().code == EEXIST)) return ok;
  }
  for (const IpPrefix& route : to.routes) {
    const bool kept = contains(from.routes, route);
    if (kept && !removed_addresses) continue;
    auto ok = netlink_.add_route({route, name});
    if (!ok && !(kept && ok.error().code == EEXIST)) return ok;
  }
  return {};
}

Result<void, OsError> TunnelInterface::remove_stale(const InterfaceState& from,
                                                    const InterfaceState& to) {
  const std::string& name = device_.name();
  for (const IpPrefix& route : from.routes) {
    if (contains(to.routes, route)) continue;
    auto ok = netlink_.delete_route({route, name});
    if (!ok && !is_done_already(ok.error())) return ok;
  }
  for (const IpPrefix& address : from.addresses) {
    if (contains(to.addresses, address)) continue;
    auto ok = netlink_.delete_address(name, address);
    if (!ok && !is_done_already(ok.error())) return ok;
  }
  return {};
}

}  // namespace hawser
