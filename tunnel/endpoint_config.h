// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "multipath/multipath_config.h"
#include "tunnel/ike_peer_settings.h"
#include "tunnel/sa_lifetime.h"
#include "tunnel/sa_types.h"

namespace hawser {

// A pair of SAs with keys from a file instead of IKE.
struct ManualSa {
  Spi spi_in;
  Spi spi_out;
  SaKey key_in;
  SaKey key_out;
  bool esn = true;
  std::optional<std::uint32_t> replay_window;  // unset: it sizes itself
  SaLifetime lifetime;
  // Where the numbers go on after an earlier life, and how far the disk knows them (unset: it need
  // not). Of no interest for an SA that runs already.
  SequenceNumber first_out{1};
  SequenceNumber floor_in{0};
  std::optional<SequenceNumber> reserved_out;
  std::optional<SequenceNumber> reserved_in;
};

struct PeerConfig {
  std::string name;
  std::optional<TransportAddress> endpoint;  // unset: the peer begins, its address is learned
  std::vector<IpPrefix> allowed_ips;
  Milliseconds keepalive{0};
  std::uint16_t effective_mtu = 0;  // octets of the largest inner packet
  bool clamp_mss = true;            // TCP is told so
  // What TCP is told; 0: nothing.
  std::uint16_t clamp_mtu() const { return clamp_mss ? effective_mtu : std::uint16_t{0}; }
  // Keys are manual or negotiated.
  std::vector<ManualSa> sas;  // index k is owned by worker k mod workers
  std::optional<IkePeerSettings> ike;
};

struct EndpointConfig {
  std::vector<PeerConfig> peers;
  IkeLocalConfig ike;  // of interest if a peer's keys are negotiated
  MultipathConfig multipath;
};

// One sentence naming the peer and what would be right.
struct ConfigureError {
  std::string peer;
  std::string what;
};

}  // namespace hawser
