// SPDX-License-Identifier: Apache-2.0
#include "cli/path_routes.h"

#include <algorithm>
#include <array>

#include "cli/forwarding.h"

namespace hawser {
namespace {

constexpr std::uint32_t kFirstTable = 256;               // those below have names, or one octet
constexpr std::uint32_t kPriorityBehindDefault = 32768;  // the rule of the table default has 32767

template <typename T>
bool contains(const std::vector<T>& items, const T& item) {
  return std::ranges::find(items, item) != items.end();
}

IpPrefix everything(IpFamily family) {
  constexpr std::array<std::uint8_t, 16> kZero{};
  return {family == IpFamily::kV4 ? IpAddress() : IpAddress::v6(kZero.data()), 0};
}

}  // namespace

Result<bool, std::string> PathRoutes::update(const std::vector<PathConfig>& paths,
                                             const std::vector<LocalLink>& links) {
  auto wanted = plan(paths, links);
  if (!wanted) return failure(wanted.error());
  const bool is_different = *wanted != made_;
  for (const PolicyRule& rule : made_.rules) {
    if (contains(wanted->rules, rule)) continue;
    if (auto done = changes_.remove_rule(rule); !done) return failure(done.error());
  }
  for (const DeviceRoute& route : made_.routes) {
    if (contains(wanted->routes, route)) continue;
    if (auto done = changes_.remove_route(route); !done) return failure(done.error());
  }
  made_ = {};
  for (const DeviceRoute& route : wanted->routes) {
    if (auto done = changes_.add_route(route); !done) return failure(done.error());
    made_.routes.push_back(route);
  }
  for (const PolicyRule& rule : wanted->rules) {
    if (auto done = changes_.add_rule(rule); !done) return failure(done.error());
    made_.rules.push_back(rule);
  }
  return is_different;
}

Result<void, std::string> PathRoutes::let_answers_in(const std::vector<LocalLink>& links) {
  std::vector<const LocalLink*> used;
  for (const LocalLink& link : links) {
    const bool has_v4 = std::ranges::find(link.addresses, IpFamily::kV4, &IpAddress::family) !=
                        link.addresses.end();
    if (link.up && has_v4 && link.unreachable.empty()) used.push_back(&link);
  }
  if (used.size() < 2) return {};
  for (const LocalLink* link : used) {
    const auto change = loose_reverse_path_change(link->name);
    if (!change) continue;
    if (auto done = changes_.change_sysctls({*change}); !done) return done;
  }
  return {};
}

Result<PathRoutesState, std::string> PathRoutes::plan(const std::vector<PathConfig>& paths,
                                                      const std::vector<LocalLink>& links) {
  PathRoutesState state;
  for (const PathConfig& path : paths) {
    const auto link = std::ranges::find(links, path.interface, &LocalLink::name);
    if (!path.enabled || path.gateways.empty() || link == links.end() || !link->up) continue;
    const auto numbers = numbers_of(path.interface);
    if (!numbers) return failure(numbers.error());
    for (const IpAddress& gateway : path.gateways) {
      // Without an address of the family the kernel takes no route.
      const IpFamily family = gateway.family();
      if (std::ranges::find(link->addresses, family, &IpAddress::family) == link->addresses.end()) {
        continue;
      }
      state.routes.push_back({.destination = everything(family),
                              .device = path.interface,
                              .table = numbers->table,
                              .metric = std::nullopt,
                              .gateway = gateway});
      state.rules.push_back({.family = family,
                             .priority = numbers->priority,
                             .table = numbers->table,
                             .except_mark = std::nullopt,
                             .suppress_prefix_length = std::nullopt,
                             .out_interface = path.interface});
    }
  }
  return state;
}

Result<PathRoutes::Numbers, std::string> PathRoutes::numbers_of(const std::string& interface) {
  if (const auto known = numbers_.find(interface); known != numbers_.end()) return known->second;
  auto taken = changes_.policy_numbers();
  if (!taken) return failure(taken.error().what);
  for (const auto& [name, numbers] : numbers_) {
    taken->tables.insert(numbers.table);
    taken->priorities.insert(numbers.priority);
  }
  Numbers chosen{kFirstTable, kPriorityBehindDefault};
  while (taken->tables.contains(chosen.table)) ++chosen.table;
  while (taken->priorities.contains(chosen.priority)) ++chosen.priority;
  return numbers_.emplace(interface, chosen).first->second;
}

}  // namespace hawser
