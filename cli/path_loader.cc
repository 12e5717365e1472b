// SPDX-License-Identifier: Apache-2.0
#include "cli/path_loader.h"

#include <algorithm>

#include "cli/config_value.h"

namespace hawser {
namespace {

bool is_yes(const ConfigSection& section, std::string_view key, bool fallback) {
  const ConfigEntry* entry = section.find(key);
  return entry != nullptr ? entry->value == "yes" : fallback;
}

std::uint64_t number(const ConfigSection& section, std::string_view key, std::uint64_t fallback) {
  const ConfigEntry* entry = section.find(key);
  if (entry == nullptr) return fallback;
  return *parse_number(*find_config_key(section.name, key), entry->value);
}

}  // namespace

void PathLoader::load_interface(const ConfigSection& section, const std::string& ours) {
  ours_ = ours;
  config_.is_on = is_yes(section, "multipath", true);
  config_.paths_max = static_cast<unsigned>(number(section, "paths", MultipathConfig::kPathsMax));
}

void PathLoader::load_path(const ConfigSection& section) {
  const ConfigEntry* interface = section.find("interface");
  if (interface == nullptr) {
    return fail(section, section.line, "interface",
                "is missing in " + section.title() +
                    "; write the interface that its packets leave by, such as eth0");
  }
  if (interface->value == ours_) {
    return fail(section, interface->line, interface->key,
                "`" + ours_ +
                    "` is the tunnel itself; write the interface that its packets leave "
                    "by, such as eth0");
  }
  const auto same = std::ranges::find(config_.paths, interface->value, &PathConfig::interface);
  if (same != config_.paths.end()) {
    return fail(section, interface->line, interface->key,
                "`" + interface->value + "` has [path." + same->name +
                    "] already; write one section for each interface");
  }
  PathConfig path{.name = section.instance, .interface = interface->value};
  path.enabled = is_yes(section, "enabled", true);
  path.preference = {.priority = static_cast<int>(number(section, "priority", 0)),
                     .metered = is_yes(section, "metered", false),
                     .cost = static_cast<double>(number(section, "cost", 0))};
  if (const ConfigEntry* limit = section.find("limit")) {
    path.preference.limit_bps = *parse_rate(*find_config_key("path", "limit"), limit->value);
  }
  if (const ConfigEntry* gateway = section.find("gateway")) {
    path.gateways = *parse_gateways(gateway->value);
  }
  config_.paths.push_back(std::move(path));
}

void PathLoader::load_class(const ConfigSection& section) {
  const TrafficClass traffic_class = *parse_traffic_class(section.instance);
  if (const ConfigEntry* policy = section.find("policy")) {
    config_.policies[traffic_class] = *parse_traffic_policy(policy->value);
  }
  const ConfigEntry* match = section.find("match");
  if (match == nullptr) return;
  const auto matches = parse_matches(match->value);
  for (const FlowMatch& one : *matches) config_.rules.push_back({one, traffic_class});
}

}  // namespace hawser
