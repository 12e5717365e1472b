// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/local_link.h"
#include "base/result.h"
#include "cli/system_changes.h"
#include "multipath/path_config.h"
#include "tun/netlink.h"

namespace hawser {

// What path routes ask of the system.
struct PathRoutesState {
  std::vector<DeviceRoute> routes;
  std::vector<PolicyRule> rules;
  friend bool operator==(const PathRoutesState&, const PathRoutesState&) = default;
};

// Default routes for interfaces that have none of their own: `gateway` of [path.NAME]. Each has a
// table, and a rule behind all that the system has, which only packets meet that must leave by
// this interface. So nothing else on this host takes these routes. One thread.
class PathRoutes {
 public:
  // `changes` must outlive it, and undoes what is left at the end.
  explicit PathRoutes(SystemChanges& changes) : changes_(changes) {}

  // Makes and removes what differs; to be told of each change of links, with which the kernel
  // removes routes. True if there may be another way to go now.
  Result<bool, std::string> update(const std::vector<PathConfig>& paths,
                                   const std::vector<LocalLink>& links);
  // Lets answers in by each of several links: a strict rp_filter takes them by the best one only.
  Result<void, std::string> let_answers_in(const std::vector<LocalLink>& links);

 private:
  struct Numbers {
    std::uint32_t table = 0;
    std::uint32_t priority = 0;
  };
  Result<PathRoutesState, std::string> plan(const std::vector<PathConfig>& paths,
                                            const std::vector<LocalLink>& links);
  // Once chosen, kept.
  Result<Numbers, std::string> numbers_of(const std::string& interface);

  SystemChanges& changes_;
  std::map<std::string, Numbers> numbers_;
  PathRoutesState made_;
};

}  // namespace hawser
