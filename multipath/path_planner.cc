// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_planner.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "multipath/path_validator.h"

namespace hawser {
namespace {

// More than this of either is not looked at.
constexpr std::size_t kLinksMax = 16;
constexpr std::size_t kRemotesMax = 16;

enum class Scope : std::uint8_t { kHost, kLink, kUnique, kGlobal };

Scope scope_of(const IpAddress& address) {
  const auto octets = address.octets();
  if (address.is_link_local()) return Scope::kLink;
  if (address.is_loopback()) return Scope::kHost;
  if (address.is_v4()) return Scope::kGlobal;
  // RFC 4193: fc00::/7 is not routed to global addresses. RFC 1918 addresses are, behind NAT.
  return (octets[0] & 0xfe) == 0xfc ? Scope::kUnique : Scope::kGlobal;
}

bool can_reach(const IpAddress& local, const IpAddress& remote) {
  return local.family() == remote.family() && scope_of(local) == scope_of(remote);
}

const LocalLink* find_link(const PlanInput& input, const PlannedPath& path) {
  if (path.link == 0) return nullptr;
  const auto has_index = [&](const LocalLink& link) { return link.index == path.link; };
  const auto has_name = [&](const LocalLink& link) { return link.name == path.interface; };
  auto found = std::ranges::find_if(input.links, has_index);
  // An interface that was taken away and came back has another index.
  if (found == input.links.end()) found = std::ranges::find_if(input.links, has_name);
  return found == input.links.end() ? nullptr : &*found;
}

const IpAddress* local_address(const LocalLink& link, const IpAddress& remote) {
  const auto found = std::ranges::find_if(
      link.addresses, [&](const IpAddress& local) { return can_reach(local, remote); });
  return found == link.addresses.end() ? nullptr : &*found;
}

void configure(const PlanInput& input, PlannedPath& path) {
  path.name = path.interface;
  path.preference = {};
  path.is_enabled = true;
  if (path.interface.empty()) return;
  const auto config = std::ranges::find(input.configs, path.interface, &PathConfig::interface);
  if (config == input.configs.end()) return;
  path.name = config->name;
  path.preference = config->preference;
  path.is_enabled = config->enabled;
}

// Why `path` cannot be used, or nothing.
std::string obstacle(const PlannedPath& path, const LocalLink* link) {
  if (path.link == 0) return "";
  const IpAddress& remote = path.addresses.remote.address;
  if (link == nullptr) return path.interface + " is gone";
  if (!link->up) return link->name + " is switched off or has no carrier";
  if (local_address(*link, remote) == nullptr) {
    return link->name + " has no address to send to " + remote.to_string() + " from";
  }
  if (!link->reaches(remote)) return link->name + " has no route to " + remote.to_string();
  return "";
}

PlanChange::Kind kind_of(const PlannedPath& before, const PlannedPath& after) {
  if (before.addresses != after.addresses || before.link != after.link) {
    return PlanChange::Kind::kMove;
  }
  return before.is_up != after.is_up ? PlanChange::Kind::kLink : PlanChange::Kind::kPreference;
}

std::vector<PlanChange> differences(const std::vector<PlannedPath>& before,
                                    const std::vector<PlannedPath>& after) {
  std::vector<PlanChange> changes;
  for (const PlannedPath& path : before) {
    if (std::ranges::find(after, path.path, &PlannedPath::path) == after.end()) {
      changes.push_back({.kind = PlanChange::Kind::kRemove, .path = path});
    }
  }
  for (const PlannedPath& path : after) {
    const auto old = std::ranges::find(before, path.path, &PlannedPath::path);
    if (old == before.end()) {
      changes.push_back({.kind = PlanChange::Kind::kAdd, .path = path});
    } else if (*old != path) {
      changes.push_back({.kind = kind_of(*old, path), .path = path});
    }
  }
  return changes;
}

}  // namespace

std::vector<PlanChange> PathPlanner::update(const PlanInput& input) {
  const std::vector<PlannedPath> before = paths_;
  place_first(input);
  for (PlannedPath& path : paths_) refresh(input, path);
  std::erase_if(paths_, [&](const PlannedPath& path) { return is_superfluous(input, path); });
  add_missing(input);
  std::ranges::sort(paths_, {}, &PlannedPath::path);
  return differences(before, paths_);
}

void PathPlanner::place_first(const PlanInput& input) {
  if (!first_) return;
  auto path = std::ranges::find(paths_, PathId(0), &PlannedPath::path);
  if (path == paths_.end()) {
    paths_.insert(paths_.begin(), PlannedPath{.addresses = *first_});
    path = paths_.begin();
  }
  // Which link it is on shows when its local address is known; from then on it stays there.
  if (path->link != 0) return;
  path->addresses = *first_;
  for (const LocalLink& link : input.links) {
    if (std::ranges::find(link.addresses, first_->local.address) == link.addresses.end()) continue;
    path->link = link.index;
    path->interface = link.name;
    return;
  }
}

void PathPlanner::describe(const PlanInput& input, PlannedPath& path) const {
  const TransportAddress& remote = path.addresses.remote;
  for (const LocalLink& link : input.links) {
    if (path.link != 0) break;
    // What an address is on need not be the way out.
    const bool has_it =
        std::ranges::find(link.addresses, path.addresses.local.address) != link.addresses.end();
    if (!has_it || !link.reaches(remote.address)) continue;
    path.link = link.index;
    path.interface = link.name;
  }
  refresh(input, path);
  path.name = std::to_string(path.path.value());
}

void PathPlanner::refresh(const PlanInput& input, PlannedPath& path) const {
  const LocalLink* link = find_link(input, path);
  configure(input, path);
  path.reason = obstacle(path, link);
  path.is_up = path.reason.empty();
  if (!path.is_enabled) path.reason = "switched off by [path." + path.name + "]";
  if (link == nullptr) return;
  path.link = link->index;
  path.mtu = link->mtu;
  // While it is down it keeps the address that it may come back with.
  if (!path.is_up) return;
  IpAddress& local = path.addresses.local.address;
  if (std::ranges::find(link->addresses, local) == link->addresses.end()) {
    local = *local_address(*link, path.addresses.remote.address);
  }
}

bool PathPlanner::is_superfluous(const PlanInput& input, const PlannedPath& path) const {
  if (path.path == PathId(0)) return false;
  const bool has_remote =
      std::ranges::find(input.remotes, path.addresses.remote) != input.remotes.end() ||
      (first_ && first_->remote == path.addresses.remote);
  if (!has_remote) return true;
  if (options_.is_initiator) return false;
  return std::ranges::any_of(input.of_peer, [&](const PeerPath& other) {
    return other.path == path.path || is_same_way(other.addresses, path.addresses);
  });
}

std::vector<PlannedPath> PathPlanner::candidates(const PlanInput& input) const {
  std::vector<TransportAddress> remotes = input.remotes;
  // Who answers does not know how to reach the other end but where it was asked to.
  if (first_ && options_.is_initiator &&
      std::ranges::find(remotes, first_->remote) == remotes.end()) {
    remotes.push_back(first_->remote);
  }
  remotes.resize(std::min(remotes.size(), kRemotesMax));
  std::vector<PlannedPath> candidates;
  for (const LocalLink& link :
       std::span(input.links).first(std::min(input.links.size(), kLinksMax))) {
    for (const TransportAddress& remote : remotes) {
      const IpAddress* local = local_address(link, remote.address);
      if (local == nullptr) continue;
      PlannedPath path{.interface = link.name,
                       .link = link.index,
                       .mtu = link.mtu,
                       .addresses = {.local = {.address = *local, .port = options_.local_port},
                                     .remote = remote}};
      configure(input, path);
      if (path.is_enabled && obstacle(path, &link).empty()) candidates.push_back(std::move(path));
    }
  }
  return candidates;
}

bool PathPlanner::has_path(const PlanInput& input, const PlannedPath& candidate) const {
  const auto is_it = [&](const PlannedPath& path) {
    return path.addresses.remote == candidate.addresses.remote && path.link == candidate.link;
  };
  return std::ranges::any_of(paths_, is_it) ||
         std::ranges::any_of(input.of_peer, [&](const PeerPath& other) {
           return is_same_way(other.addresses, candidate.addresses);
         });
}

void PathPlanner::add_missing(const PlanInput& input) {
  std::vector<PlannedPath> left = candidates(input);
  std::erase_if(left, [&](const PlannedPath& path) { return has_path(input, path); });
  while (!left.empty()) {
    // A path over a link that is not used yet adds most, whatever is preferred among them.
    const auto rank = [&](const PlannedPath& path) {
      const auto links = std::ranges::count(paths_, path.link, &PlannedPath::link);
      const auto remotes = std::ranges::count_if(paths_, [&](const PlannedPath& other) {
        return other.addresses.remote == path.addresses.remote;
      });
      return std::tuple(links, -path.preference.priority, path.preference.metered, remotes);
    };
    const auto best = std::ranges::min_element(left, {}, rank);
    const auto slot = take_slot(input);
    if (!slot) return;
    best->path = *slot;
    paths_.push_back(std::move(*best));
    left.erase(best);
  }
}

std::optional<PathId> PathPlanner::take_slot(const PlanInput& input) {
  for (std::size_t i = 1; i < options_.slots; ++i) {
    const PathId slot(static_cast<std::uint32_t>(options_.is_initiator ? i : options_.slots - i));
    if (std::ranges::find(paths_, slot, &PlannedPath::path) == paths_.end() &&
        std::ranges::find(input.of_peer, slot, &PeerPath::path) == input.of_peer.end()) {
      return slot;
    }
  }
  // One that waits for an interface which is gone gives way.
  const auto gone = std::ranges::find_if(paths_, [&](const PlannedPath& path) {
    return path.path != PathId(0) && path.link != 0 && find_link(input, path) == nullptr;
  });
  if (gone == paths_.end()) return std::nullopt;
  const PathId slot = gone->path;
  paths_.erase(gone);
  return slot;
}

}  // namespace hawser
