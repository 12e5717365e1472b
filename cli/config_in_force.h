// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/config_loader.h"
#include "cli/status_report.h"

namespace hawser {

// An SA's config without its keys.
struct SaSummary {
  std::string peer;
  Fingerprint key_out{};
  Spi spi_in;
  Spi spi_out;
  AeadAlgorithm cipher{};
  bool esn = true;
  std::optional<std::uint32_t> replay_window;
  SaLifetime lifetime;
};

// What is kept of a config when the endpoint has taken the keys.
struct ConfigInForce {
  std::string file;
  InterfaceConfig settings;
  std::vector<PeerSummary> peers;
  std::vector<SaSummary> sas;
  MultipathConfig multipath;
};

ConfigInForce in_force_of(const Config& config);
// A host name that stays keeps its address until it is looked up again.
void keep_addresses(const ConfigInForce& before, ConfigInForce& after, EndpointConfig& endpoint);

}  // namespace hawser
