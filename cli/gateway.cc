// SPDX-License-Identifier: Apache-2.0
#include "cli/gateway.h"

#include <algorithm>

#include "cli/forwarding.h"

namespace hawser {
namespace {

bool carries(const InterfaceConfig& config, const std::vector<PeerSummary>& peers,
             IpFamily family) {
  const auto is_of_family = [family](const IpPrefix& prefix) {
    return prefix.address.family() == family;
  };
  return std::ranges::any_of(config.addresses, is_of_family) ||
         std::ranges::any_of(peers, [&](const PeerSummary& peer) {
           return std::ranges::any_of(peer.allowed_ips, is_of_family);
         });
}

// Several peers that meet here, or a network behind a peer: usually there is one behind us, too.
bool looks_like_gateway(const InterfaceConfig& config, const std::vector<PeerSummary>& peers) {
  if (peers.size() > 1) return true;
  for (const PeerSummary& peer : peers) {
    for (const IpPrefix& prefix : peer.allowed_ips) {
      const bool is_own = std::ranges::any_of(
          config.addresses, [&](const IpPrefix& address) { return address.overlaps(prefix); });
      if (!is_own && prefix.length < prefix.address.bit_count()) return true;
    }
  }
  return false;
}

}  // namespace

Result<void, std::string> set_up_forwarding(const InterfaceConfig& config,
                                            const std::vector<PeerSummary>& peers,
                                            SystemChanges& changes) {
  if (!config.nat) return {};
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    if (!carries(config, peers, family)) continue;
    if (auto done = changes.change_sysctls(forwarding_changes(family)); !done) return done;
  }
  return {};
}

std::string forwarding_hint(const InterfaceConfig& config, const std::vector<PeerSummary>& peers) {
  if (config.nat || !looks_like_gateway(config, peers)) return {};
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    if (!carries(config, peers, family) || forwarding_is_on(family)) continue;
    return std::string(
               "forwarding is off: nothing is passed on between the tunnel and other "
               "networks; for a gateway write nat = yes, or set ") +
           (family == IpFamily::kV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding") +
           " = 1 (sysctl)";
  }
  return {};
}

}  // namespace hawser
