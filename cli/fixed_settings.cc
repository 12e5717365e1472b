// SPDX-License-Identifier: Apache-2.0
#include "cli/fixed_settings.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr const char* kCannotChange =
    "can't change while the tunnel runs; use hawser down and hawser up, or put the old value back";

void check_interface(const InterfaceConfig& running, const Config& config, ConfigErrors& errors) {
  const InterfaceConfig& wanted = config.interface;
  const auto refuse = [&](std::string_view key, bool differs) {
    if (!differs) return;
    errors.push_back({config.file, config.line_of(key), std::string(key), kCannotChange});
  };
  refuse("name", wanted.name != running.name);
  refuse("listen-port", wanted.listen_port != running.listen_port);
  refuse("pool", wanted.pool != running.pool);
  refuse("interop", wanted.ike_port && !running.ike_port);
  refuse("workers", wanted.workers != running.workers);
  refuse("sandbox", wanted.sandbox != running.sandbox);
  refuse("io", wanted.io != running.io);
  refuse("nat", wanted.nat != running.nat);
  refuse("pre-down", wanted.pre_down != running.pre_down);
  refuse("nice", wanted.priority.nice != running.priority.nice);
  refuse("scheduler", wanted.priority.scheduler != running.priority.scheduler);
  refuse("offload",
         wanted.offload.tun != running.offload.tun || wanted.offload.udp != running.offload.udp);
}

// Both were agreed on with the keys.
void check_paths(const MultipathConfig& running, const Config& config, ConfigErrors& errors) {
  const MultipathConfig& wanted = config.endpoint.multipath;
  const auto refuse = [&](std::string_view key, bool differs) {
    if (!differs) return;
    errors.push_back({config.file, config.line_of(key), std::string(key), kCannotChange});
  };
  refuse("multipath", wanted.is_on != running.is_on);
  refuse("paths", wanted.paths_max != running.paths_max);
}

// Window and lifetimes belong to an SA from its beginning, and its key can't begin again.
void check_sa(const SaSummary& running, const ManualSa& wanted, const Config& config,
              ConfigErrors& errors) {
  const std::string section = "[sa." + running.peer + "]";
  const auto refuse = [&](const std::string& key, bool differs) {
    if (!differs) return;
    const auto line = config.lines.find(section + " " + key);
    errors.push_back({config.file,
                      line == config.lines.end() ? config.line_of(section) : line->second, key,
                      "can't change while " + section +
                          " keeps its key; use hawser down and hawser up, a new key-file, or put "
                          "the old value back"});
  };
  refuse("spi-in", wanted.spi_in != running.spi_in);
  refuse("spi-out", wanted.spi_out != running.spi_out);
  refuse("cipher", wanted.key_out.algorithm != running.cipher);
  refuse("esn", wanted.esn != running.esn);
  refuse("replay-window", wanted.replay_window != running.replay_window);
  refuse("lifetime-packets", wanted.lifetime.packets != running.lifetime.packets);
  refuse("lifetime-bytes", wanted.lifetime.bytes != running.lifetime.bytes);
  refuse("lifetime", wanted.lifetime.time != running.lifetime.time);
}

}  // namespace

ConfigErrors find_fixed_changes(const ConfigInForce& running, const Config& config) {
  ConfigErrors errors;
  check_interface(running.settings, config, errors);
  check_paths(running.multipath, config, errors);
  for (const PeerConfig& peer : config.endpoint.peers) {
    for (const ManualSa& sa : peer.sas) {
      const Fingerprint key = key_fingerprint(sa.key_out);
      const auto same = std::ranges::find_if(running.sas, [&](const SaSummary& other) {
        return other.peer == peer.name && other.key_out == key;
      });
      if (same != running.sas.end()) check_sa(*same, sa, config, errors);
    }
  }
  return errors;
}

}  // namespace hawser
