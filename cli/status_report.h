// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/local_link.h"
#include "base/time.h"
#include "cli/control_protocol.h"
#include "cli/endpoint_watch.h"
#include "ike-lite/ike_engine.h"
#include "multipath/path_config.h"
#include "tun/policy_rule.h"
#include "tunnel/endpoint.h"
#include "tunnel/io/io_options.h"
#include "tunnel/io/io_status.h"
#include "tunnel/snapshot.h"

namespace hawser {

// A peer's config without its keys.
struct PeerSummary {
  std::string name;
  std::optional<TransportAddress> endpoint;
  std::string host_name;     // HOST:PORT if the endpoint is a name
  std::string name_problem;  // why the last lookup failed
  std::vector<IpPrefix> allowed_ips;
  std::uint16_t clamp_mtu = 0;  // for the MSS of TCP; 0: off
  Milliseconds keepalive{0};
  bool negotiated = false;                // by IKE
  std::vector<IpAddress> assigned;        // to us, by the peer
  std::optional<IpAddress> seen_at = {};  // when it was authenticated last
  std::vector<IpAddress> also_at = {};    // as it says
};

// All that the results of `status` and `sas` are made of; docs/control.md has the schema.
struct StatusSource {
  std::string name;
  std::string config_file;
  int pid = 0;
  Milliseconds uptime{0};
  std::vector<IpPrefix> addresses;
  std::vector<IpPrefix> routes;
  std::vector<PolicyRule> rules;
  std::uint32_t mark = 0;
  std::uint16_t mtu = 0;
  std::vector<PeerSummary> peers;
  IoOptions asked;
  std::string io_setting;  // the config's `io`
  IoStatus io;
  DataPlaneSnapshot data_plane;
  std::function<std::string(PeerId)> peer_name;
  std::vector<IkePeerStatus> ike;
  std::optional<IkeCounters> ike_counters;
  std::vector<LocalLink> links;
  std::vector<PathConfig> path_configs;
  TimePoint now;
};

// Of the SAs and the path that belong to a peer.
EndpointWatch::Traffic peer_traffic(const DataPlaneSnapshot& snapshot,
                                    const std::function<bool(PeerId)>& is_ours);

Json make_status(const StatusSource& source);
Json make_sas(const StatusSource& source);
std::string spi_text(Spi spi);

}  // namespace hawser
