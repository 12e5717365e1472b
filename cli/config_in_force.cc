// SPDX-License-Identifier: Apache-2.0
#include "cli/config_in_force.h"

#include <algorithm>

namespace hawser {

ConfigInForce in_force_of(const Config& config) {
  ConfigInForce result{config.file, config.interface, {}, {}};
  for (const PeerConfig& peer : config.endpoint.peers) {
    const auto host = config.host_names.find(peer.name);
    const bool is_named = host != config.host_names.end();
    result.peers.push_back({.name = peer.name,
                            .endpoint = peer.endpoint,
                            .host_name = is_named ? host->second.to_string() : std::string(),
                            .name_problem = {},
                            .allowed_ips = peer.allowed_ips,
                            .effective_mtu = peer.effective_mtu,
                            .keepalive = peer.keepalive});
    for (const ManualSa& sa : peer.sas) {
      result.sas.push_back({.peer = peer.name,
                            .key_out = key_fingerprint(sa.key_out),
                            .spi_in = sa.spi_in,
                            .spi_out = sa.spi_out,
                            .cipher = sa.key_out.algorithm,
                            .esn = sa.esn,
                            .replay_window = sa.replay_window,
                            .lifetime = sa.lifetime});
    }
  }
  return result;
}

void keep_addresses(const ConfigInForce& before, ConfigInForce& after, EndpointConfig& endpoint) {
  for (PeerSummary& peer : after.peers) {
    if (peer.host_name.empty()) continue;
    const auto old = std::ranges::find(before.peers, peer.name, &PeerSummary::name);
    if (old == before.peers.end() || old->host_name != peer.host_name) continue;
    peer.endpoint = old->endpoint;
    std::ranges::find(endpoint.peers, peer.name, &PeerConfig::name)->endpoint = old->endpoint;
  }
}

}  // namespace hawser
