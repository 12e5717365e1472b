// SPDX-License-Identifier: Apache-2.0
#include "cli/config_in_force.h"

#include <string_view>
#include <unordered_map>

namespace hawser {

ConfigInForce in_force_of(const Config& config) {
  ConfigInForce result{config.file, config.interface, {}, {}, config.endpoint.multipath};
  for (const PeerConfig& peer : config.endpoint.peers) {
    const auto host = config.host_names.find(peer.name);
    const bool is_named = host != config.host_names.end();
    result.peers.push_back({.name = peer.name,
                            .endpoint = peer.endpoint,
                            .host_name = is_named ? host->second.to_string() : std::string(),
                            .name_problem = {},
                            .allowed_ips = peer.allowed_ips,
                            .clamp_mtu = peer.clamp_mtu(),
                            .keepalive = peer.keepalive,
                            .negotiated = peer.ike.has_value(),
                            .assigned = {}});
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
  std::unordered_map<std::string_view, const PeerSummary*> known;
  for (const PeerSummary& peer : before.peers) known.emplace(peer.name, &peer);
  for (std::size_t i = 0; i < after.peers.size(); ++i) {
    PeerSummary& peer = after.peers[i];
    const auto found = known.find(peer.name);
    if (found == known.end()) continue;
    const PeerSummary& old = *found->second;
    if (peer.negotiated && old.negotiated) {
      peer.assigned = old.assigned;
      peer.seen_at = old.seen_at;
      peer.also_at = old.also_at;
    }
    if (peer.host_name.empty() || old.host_name != peer.host_name) continue;
    peer.endpoint = old.endpoint;
    endpoint.peers[i].endpoint = old.endpoint;  // in the same order
  }
}

}  // namespace hawser
