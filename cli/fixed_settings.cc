// SPDX-License-Identifier: Apache-2.0
#include "cli/fixed_settings.h"

namespace hawser {

ConfigErrors find_fixed_changes(const InterfaceConfig& running, const Config& config) {
  const InterfaceConfig& wanted = config.interface;
  ConfigErrors errors;
  const auto refuse = [&](std::string_view key, bool differs) {
    if (!differs) return;
    errors.push_back({config.file, config.line_of(key), std::string(key),
                      "can't change while the tunnel runs; use hawser down and "
                      "hawser up, or put the old value back"});
  };
  refuse("name", wanted.name != running.name);
  refuse("listen-port", wanted.listen_port != running.listen_port);
  refuse("workers", wanted.workers != running.workers);
  refuse("sandbox", wanted.sandbox != running.sandbox);
  refuse("io", wanted.io != running.io);
  refuse("nat", wanted.nat != running.nat);
  refuse("pre-down", wanted.pre_down != running.pre_down);
  refuse("nice", wanted.priority.nice != running.priority.nice);
  refuse("scheduler", wanted.priority.scheduler != running.priority.scheduler);
  refuse("offload",
         wanted.offload.tun != running.offload.tun || wanted.offload.udp != running.offload.udp);
  return errors;
}

}  // namespace hawser
