// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address_pair.h"
#include "multipath/link.h"
#include "multipath/path_config.h"
#include "multipath/path_id.h"
#include "multipath/path_view.h"

namespace hawser {

struct PathPlannerOptions {
  std::size_t slots = 8;  // of SAs
  // Who began the bond takes slots from 1 upward, the other one from the top downward, so that
  // both may add paths at once.
  bool is_initiator = true;
  std::uint16_t local_port = 4500;
};

// A path that the peer has begun.
struct PeerPath {
  PathId path;
  AddressPair addresses;  // as seen here
};

struct PlanInput {
  std::vector<LocalLink> links;
  std::vector<TransportAddress> remotes;  // of config, DNS and the peer's notifies, best first
  std::vector<PathConfig> configs;
  std::vector<PeerPath> of_peer;
};

// A path as it should be.
struct PlannedPath {
  PathId path{};
  std::string name{};        // of the config, or else of the interface
  std::string interface {};  // empty: not known
  unsigned link = 0;         // interface index, also the group; 0: not known (the system chooses)
  unsigned mtu = 0;          // of that interface; 0: not known
  // Whether it fails with others over that link: one that the peer began may be by another of its.
  bool shares_link = true;
  AddressPair addresses{};
  PathPreference preference{};
  bool is_enabled = true;
  bool is_up = true;
  std::string reason{};  // why it is not up, or not enabled
  friend bool operator==(const PlannedPath&, const PlannedPath&) = default;
};

struct PlanChange {
  enum class Kind : std::uint8_t {
    kAdd,
    kMove,        // other addresses or another link for the slot
    kLink,        // is_up, with the reason
    kPreference,  // preference, is_enabled, name, mtu
    kRemove,      // the slot is free
  };
  Kind kind{};
  PlannedPath path;
};

// Which paths there should be to one peer: links times remote addresses, of one family and scope,
// at most one for each slot, over different links first, then the preferred ones. A path keeps its
// slot when its link comes and goes, and moves when the link's address changes. Of a path that both
// ends began the initiator's stays. Control side.
class PathPlanner {
 public:
  explicit PathPlanner(const PathPlannerOptions& options) : options_(options) {}

  // The pair that IKE came up on; it has slot 0, whatever the links are. Again when more is known
  // of it: where the system chose the local address, which it chose.
  void set_first(const AddressPair& addresses) { first_ = addresses; }
  // What is to be done so that the paths are as they should be now.
  std::vector<PlanChange> update(const PlanInput& input);
  // The same for a path that the peer has begun, as it was planned before or has come up. Which
  // link it is on shows by its local address.
  void describe(const PlanInput& input, PlannedPath& path) const;
  // In the order of their slots.
  const std::vector<PlannedPath>& paths() const { return paths_; }

 private:
  void place_first(const PlanInput& input);
  void refresh(const PlanInput& input, PlannedPath& path) const;
  bool is_superfluous(const PlanInput& input, const PlannedPath& path) const;
  std::vector<PlannedPath> candidates(const PlanInput& input) const;
  void add_missing(const PlanInput& input);
  bool has_path(const PlanInput& input, const PlannedPath& candidate) const;
  std::optional<PathId> take_slot(const PlanInput& input);

  PathPlannerOptions options_;
  std::optional<AddressPair> first_;
  std::vector<PlannedPath> paths_;
};

}  // namespace hawser
