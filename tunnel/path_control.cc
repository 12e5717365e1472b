// SPDX-License-Identifier: Apache-2.0
#include "tunnel/path_control.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hawser {
namespace {

bool is_usable(PathState state) {
  return state == PathState::kActive || state == PathState::kStandby;
}

}  // namespace

template <typename Command>
void PathControl::tell_workers(const Command& command) {
  for (unsigned w = 0; w < workers_; ++w) commands_.push_back({owner_of(w, workers_), command});
}

void PathControl::configure(MultipathConfig config) {
  config_ = std::move(config);
  tell_workers(SetTraffic{.rules = config_.rules, .policies = config_.policies, .schedule = {}});
  for (auto& [id, peer] : peers_) plan(id, peer);
}

void PathControl::handle_links(std::vector<LocalLink> links) {
  links_ = std::move(links);
  for (auto& [id, peer] : peers_) plan(id, peer);
}

void PathControl::begin(Begin begin) {
  end(begin.peer);
  tell_workers(BeginBond{.peer = begin.peer, .full_frame = begin.full_frame});
  PathPlanner planner({.slots = std::min<std::size_t>(begin.slots, config_.paths_max),
                       .is_initiator = begin.is_initiator,
                       .local_port = begin.first.local.port});
  planner.set_first(begin.first);
  auto [at, made] = peers_.emplace(begin.peer, Peer{.name = std::move(begin.name),
                                                    .planner = std::move(planner),
                                                    .remotes = std::move(begin.remotes),
                                                    .seen = {},
                                                    .of_peer = {},
                                                    .ike = begin.first});
  plan(at->first, at->second);
}

void PathControl::end(PeerId peer) {
  if (peers_.erase(peer) != 0) tell_workers(EndBond{peer});
}

void PathControl::set_remotes(PeerId peer, std::vector<TransportAddress> remotes) {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.remotes == remotes) return;
  found->second.remotes = std::move(remotes);
  plan(peer, found->second);
}

void PathControl::plan(PeerId id, Peer& peer) {
  PlanInput input{
      .links = links_, .remotes = peer.remotes, .configs = config_.paths, .of_peer = {}};
  const auto& own = peer.planner.paths();
  for (const auto& [path, seen] : peer.seen) {
    if (std::ranges::find(own, path, &PlannedPath::path) != own.end()) continue;
    input.of_peer.push_back({path, seen.addresses});
  }
  for (PlanChange& change : peer.planner.update(input)) {
    if (change.kind == PlanChange::Kind::kRemove) {
      peer.seen.erase(change.path.path);
      peer.of_peer.erase(change.path.path);
      tell_workers(RemovePath{id, change.path.path});
    } else {
      tell_workers(SetPath{id, std::move(change.path)});
    }
  }
  plan_of_peer(id, peer, input);
}

// The link of a path and its state are our own to know, whoever began it.
void PathControl::plan_of_peer(PeerId id, Peer& peer, const PlanInput& input) {
  const auto& own = peer.planner.paths();
  for (const auto& [path, seen] : peer.seen) {
    if (std::ranges::find(own, path, &PlannedPath::path) != own.end()) {
      peer.of_peer.erase(path);
      continue;
    }
    PlannedPath& planned = peer.of_peer[path];
    const PlannedPath before = planned;
    planned.path = path;
    planned.addresses = seen.addresses;
    peer.planner.describe(input, planned);
    if (planned.link == 0 || planned == before) continue;
    planned.shares_link = false;
    tell_workers(SetPath{id, planned});
  }
}

// Each pair of SAs sees a path for itself. The first one speaks for all, but where the peer is gone
// is learned from whichever hears of it first.
void PathControl::handle(const PathNews& news) {
  const auto found = peers_.find(news.peer);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  if (!news.news.is_new_state) handle_moved(news, peer);
  if (news.pair != 0) return;
  const auto [seen, is_new] = peer.seen.try_emplace(news.news.path);
  seen->second.state = news.news.state;
  if (is_new) {
    seen->second.addresses = news.news.addresses;
    plan(news.peer, peer);
  }
  if (news.news.is_new_state) {
    const auto& planned = peer.planner.paths();
    const auto plan = std::ranges::find(planned, news.news.path, &PlannedPath::path);
    events_.push_back(PathChanged{.peer = news.peer,
                                  .name = peer.name,
                                  .path = plan == planned.end() || plan->name.empty()
                                              ? std::to_string(news.news.path.value())
                                              : plan->name,
                                  .state = news.news.state,
                                  .reason = news.news.reason,
                                  .addresses = news.news.addresses});
  }
  choose_ike_path(news.peer, peer);
}

void PathControl::handle_moved(const PathNews& news, Peer& peer) {
  const auto seen = peer.seen.find(news.news.path);
  if (seen == peer.seen.end() || seen->second.addresses == news.news.addresses) return;
  seen->second.addresses = news.news.addresses;
  tell_workers(MovePath{news.peer, news.news.path, news.news.addresses});
  plan(news.peer, peer);
  choose_ike_path(news.peer, peer);
}

// RFC 4555 leaves it to us; the path it goes by is kept as long as it works.
void PathControl::choose_ike_path(PeerId id, Peer& peer) {
  const auto goes_there = [&](const auto& item) { return item.second.addresses == peer.ike; };
  const auto now = std::ranges::find_if(peer.seen, goes_there);
  if (now != peer.seen.end() && is_usable(now->second.state)) return;
  const auto better = std::ranges::find_if(
      peer.seen, [](const auto& item) { return item.second.state == PathState::kActive; });
  if (better == peer.seen.end()) return;
  peer.ike = better->second.addresses;
  ike_paths_.push_back({id, peer.ike});
}

void PathControl::change_paths(std::vector<PathConfig> paths) {
  config_.paths = std::move(paths);
  for (auto& [id, peer] : peers_) plan(id, peer);
}

std::vector<IpAddress> PathControl::ways_from(const IpAddress& remote,
                                              const IpAddress& known) const {
  std::vector<IpAddress> ways;
  for (const LocalLink& link : links_) {
    const auto config = std::ranges::find(config_.paths, link.name, &PathConfig::interface);
    const bool is_enabled = config == config_.paths.end() || config->enabled;
    if (!is_enabled || !link.up || !link.reaches(remote)) continue;
    std::ranges::copy_if(link.addresses, std::back_inserter(ways),
                         [&](const IpAddress& address) { return address != known; });
  }
  return ways;
}

unsigned PathControl::link_of(const IpAddress& local) const {
  for (const LocalLink& link : links_) {
    if (std::ranges::find(link.addresses, local) != link.addresses.end()) return link.index;
  }
  return 0;
}

std::optional<PathControl::IkePath> PathControl::poll_ike_path() {
  if (ike_paths_.empty()) return std::nullopt;
  IkePath path = ike_paths_.front();
  ike_paths_.pop_front();
  return path;
}

std::optional<WorkerCommand> PathControl::poll_command() {
  if (commands_.empty()) return std::nullopt;
  WorkerCommand command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

std::optional<Event> PathControl::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace hawser
