// SPDX-License-Identifier: Apache-2.0
#include "tunnel/ike_wiring.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace hawser {
namespace {

// RFC 3948 section 4: unless the config says otherwise.
constexpr Milliseconds kNatKeepalive = Seconds(20);
constexpr Duration kLongestReport = Seconds(10);
constexpr Duration kShortestReport = Seconds(1);
// Of more peers than that no path is tried that they have not begun.
constexpr std::size_t kTriedPeersMax = 64;

// Often enough that an SA which carries packets is never asked whether it lives.
Duration report_interval(Duration dead_peer_interval, bool on_demand) {
  if (dead_peer_interval == Duration(0)) return on_demand ? kShortestReport : Duration(0);
  const Duration longest = on_demand ? kShortestReport : kLongestReport;
  return std::clamp(dead_peer_interval / 4, kShortestReport, longest);
}

// RFC 3948 section 3.3: ESP in UDP goes by the port where IKE has its marker.
AddressPair esp_path(AddressPair path) {
  if (path.remote.port == kIkePort) path.remote.port = kIkeNatPort;
  if (path.local.port == kIkePort) path.local.port = kIkeNatPort;
  return path;
}

}  // namespace

IkeWiring::IkeWiring(const IkeOptions& options, unsigned workers)
    : workers_(workers),
      spis_(workers, *options.random),
      engine_({.random = options.random,
               .spis = &spis_,
               .pool = options.pool,
               .epoch_offset = options.epoch_offset}),
      children_(workers, commands_),
      paths_(workers) {}

void IkeWiring::configure(IkeLocalConfig local, std::vector<IkePeerSettings> peers,
                          MultipathConfig multipath, TimePoint now) {
  const unsigned slots = multipath.is_on ? multipath.paths_max : 0;
  paths_.configure(std::move(multipath));
  std::vector<IkePeerConfig> configs;
  std::vector<PeerId> kept;
  for (IkePeerSettings& settings : peers) {
    Peer& peer = peers_[settings.config.id];
    peer.name = settings.config.name;
    peer.limits = {.rekey_packets = settings.rekey_packets,
                   .rekey_bytes = settings.rekey_bytes,
                   .rekey_time = settings.config.rekey_time,
                   .replay_window = settings.replay_window};
    peer.on_demand = settings.on_demand;
    peer.effective_mtu = settings.effective_mtu;
    peer.remotes.clear();
    if (settings.config.endpoint) peer.remotes.push_back(*settings.config.endpoint);
    peer.report_interval = report_interval(settings.config.dead_peer_interval, settings.on_demand);
    settings.config.path_slots = settings.config.interop ? 0 : slots;
    settings.config.child_sas = std::max(settings.config.child_sas, workers_);
    kept.push_back(settings.config.id);
    configs.push_back(std::move(settings.config));
  }
  engine_.configure(std::move(local), std::move(configs), now);
  take_events();
  forget_others(std::move(kept));
}

void IkeWiring::forget_others(std::vector<PeerId> kept) {
  std::ranges::sort(kept);
  std::erase_if(peers_, [&](const auto& item) {
    const PeerId id = item.first;
    if (std::ranges::binary_search(kept, id)) return false;
    for (const Spi spi : children_.remove_peer(id)) spis_.release(spi);
    paths_.end(id);
    return true;
  });
}

IkeWiring::Peer* IkeWiring::find(PeerId peer) {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

void IkeWiring::set_endpoint(PeerId peer, const TransportAddress& endpoint, TimePoint now) {
  engine_.set_endpoint(peer, endpoint, now);
  if (Peer* found = find(peer)) {
    found->remotes = {endpoint};
    paths_.set_remotes(peer, remotes_of(*found));
  }
  take_events();
}

void IkeWiring::handle_control(ControlPacket& packet, TimePoint now) {
  engine_.handle_message(packet.addresses, packet.bytes, now);
  take_events();
}

void IkeWiring::handle_link_change(TimePoint now) {
  engine_.handle_link_change(now);
  take_events();
}

void IkeWiring::handle_links(std::vector<LocalLink> links, TimePoint now) {
  paths_.handle_links(std::move(links));
  offer_addresses(now);
  handle_link_change(now);
}

void IkeWiring::change_paths(std::vector<PathConfig> paths) {
  paths_.change_paths(std::move(paths));
  take_path_news();
}

void IkeWiring::handle_timeout(TimePoint now) {
  engine_.handle_timeout(now);
  take_events();
}

void IkeWiring::shut_down(TimePoint now) {
  is_ending_ = true;
  engine_.shut_down(now);
  take_events();
}

bool IkeWiring::request(PeerId peer, IkeRequest request, TimePoint now) {
  bool done = false;
  switch (request) {
    case IkeRequest::kInitiate:
      done = engine_.initiate(peer, now);
      break;
    case IkeRequest::kTerminate:
      done = engine_.terminate(peer, now);
      break;
    case IkeRequest::kRekeyIke:
      done = engine_.rekey_ike(peer, now);
      break;
    case IkeRequest::kRekeyChild:
      done = engine_.rekey_child(peer, now);
      break;
  }
  take_events();
  return done;
}

bool IkeWiring::handle_data_plane_event(const DataPlaneEvent& event, TimePoint now) {
  const PeerId id = std::visit([](const auto& one) { return one.peer; }, event);
  const Peer* peer = find(id);
  if (peer == nullptr) return false;
  if (const auto* learned = std::get_if<PeerAddressLearned>(&event)) {
    take_learned(*learned, now);
  } else if (const auto* heard = std::get_if<PeerHeard>(&event)) {
    engine_.handle_peer_heard(id, heard->when);
  } else if (std::get_if<SaMissing>(&event) != nullptr) {
    if (peer->on_demand) engine_.initiate(id, now);
  } else if (const auto* reached = std::get_if<LifetimeReached>(&event)) {
    take_lifetime(*reached, now);
  } else if (const auto* exhausted = std::get_if<SequenceExhausted>(&event)) {
    if (const auto spi = children_.find_inbound(id, exhausted->spi, SaDirection::kOutbound)) {
      engine_.handle_child_expired(*spi, now);
    }
  } else if (const auto* news = std::get_if<PathNews>(&event)) {
    paths_.handle(*news);
    while (const auto path = paths_.poll_ike_path()) {
      engine_.use_path(path->peer, path->addresses, now);
    }
  } else if (const auto* refused = std::get_if<SaRefused>(&event)) {
    events_.push_back(SaUnusable{id, peer->name, refused->spi});
  }
  take_events();
  return true;
}

void IkeWiring::take_learned(const PeerAddressLearned& learned, TimePoint now) {
  Peer& peer = *find(learned.peer);
  const bool moved = !peer.path || peer.path->remote != learned.path.remote;
  peer.path = learned.path;
  // The other workers send there too; the one that learned it knows already.
  for (unsigned w = 0; w < workers_; ++w) {
    commands_.push_back({owner_of(w, workers_), MovePeer{learned.peer, learned.path}});
  }
  if (moved) events_.push_back(PeerMoved{learned.peer, peer.name, learned.path});
  engine_.handle_peer_moved(learned.peer, learned.path, now);
}

void IkeWiring::take_lifetime(const LifetimeReached& reached, TimePoint now) {
  const auto spi = children_.find_inbound(reached.peer, reached.spi, reached.direction);
  if (!spi) return;
  if (reached.stage == LifetimeStage::kOver) {
    engine_.handle_child_expired(*spi, now);
  } else {
    engine_.handle_child_expiring(*spi, now);
  }
}

void IkeWiring::take_events() {
  while (auto event = engine_.poll_event()) {
    std::visit([this](auto& one) { handle(one); }, *event);
  }
  take_path_news();
}

void IkeWiring::take_path_news() {
  while (auto command = paths_.poll_command()) commands_.push_back(std::move(*command));
  while (auto event = paths_.poll_event()) events_.push_back(std::move(*event));
}

void IkeWiring::handle(ChildInstalled& event) {
  Peer* peer = find(event.peer);
  if (peer == nullptr) return;
  if (event.shim && peer->beginning) {
    peer->beginning->slots = event.sas.size() / event.per_slot;
    paths_.begin(std::move(*peer->beginning));
    take_path_news();
  }
  if (event.shim) peer->beginning.reset();
  children_.install(std::move(event), peer->limits);
}

void IkeWiring::handle(ChildSending& event) {
  const Peer* peer = find(event.peer);
  const bool is_rekey = children_.sends(event.peer);
  if (peer == nullptr || !children_.send_on(event.peer, event.child)) return;
  events_.push_back(ChildReady{event.peer, peer->name, is_rekey});
}

void IkeWiring::handle(ChildDraining& event) { children_.stop_sending(event.peer, event.child); }

void IkeWiring::handle(ChildRemoved& event) { children_.remove(event.peer, event.child); }

void IkeWiring::set_path(PeerId id, Peer& peer, const AddressPair& path) {
  peer.path = esp_path(path);
  changed_.push_back(id);
}

// RFC 4555 section 3.6 says nothing of ports: it is that of the address which is known. Of the
// other family there is less room in a packet, for which the MTU of the tunnel is not made.
std::vector<TransportAddress> IkeWiring::remotes_of(const Peer& peer) const {
  std::vector<TransportAddress> remotes = peer.remotes;
  if (!peer.path) return remotes;
  for (const IpAddress& address : peer.also_at) {
    if (address.family() != peer.path->remote.address.family()) continue;
    const TransportAddress remote{.address = address, .port = peer.path->remote.port};
    if (std::ranges::find(remotes, remote) == remotes.end()) remotes.push_back(remote);
  }
  return remotes;
}

// Behind a NAT of ours nobody comes to them; and of more peers it is not known what leads there.
// An address whose link is down for a while is still ours: that the path fails the peer sees.
void IkeWiring::offer_addresses(TimePoint now) {
  if (peers_.size() > kTriedPeersMax) return;
  for (auto& [id, peer] : peers_) {
    if (!peer.came_to || !peer.path || peer.we_are_behind_nat) continue;
    std::vector<IpAddress> ways = paths_.ways_from(peer.path->remote.address, *peer.came_to);
    std::ranges::copy_if(peer.offered, std::back_inserter(ways),
                         [this](const IpAddress& address) { return paths_.link_of(address) != 0; });
    std::ranges::sort(ways);
    ways.erase(std::ranges::unique(ways).begin(), ways.end());
    peer.offered = std::move(ways);
    engine_.offer_addresses(id, peer.offered, now);
  }
}

void IkeWiring::handle(PeerAddressesOffered& event) {
  Peer* peer = find(event.peer);
  if (peer == nullptr || peer->also_at == event.addresses) return;
  peer->also_at = event.addresses;
  const std::vector<TransportAddress> remotes = remotes_of(*peer);
  if (peer->beginning) {
    peer->beginning->remotes = remotes;
  } else {
    paths_.set_remotes(event.peer, remotes);
  }
  events_.push_back(PeerAlsoAt{event.peer, peer->name, std::move(event.addresses)});
}

void IkeWiring::handle(PeerEstablished& event) {
  Peer* peer = find(event.peer);
  if (peer == nullptr) return;
  peer->peer_behind_nat = event.peer_behind_nat;
  peer->we_are_behind_nat = event.we_are_behind_nat;
  set_path(event.peer, *peer, event.path);
  peer->also_at.clear();
  peer->came_to.reset();
  peer->offered.clear();
  if (!event.we_began) peer->came_to = event.local_seen.address;
  std::vector<TransportAddress> remotes = peer->remotes;
  // It came to one of our addresses and may be reached from the others, unless a NAT is in between.
  // That shows by trying: who asks where it is cannot always know its own address.
  if (remotes.empty() && peers_.size() <= kTriedPeersMax) remotes.push_back(peer->path->remote);
  // Whether there are to be several paths shows with the SAs.
  peer->beginning = PathControl::Begin{.peer = event.peer,
                                       .name = peer->name,
                                       .first = {event.local_seen, peer->path->remote},
                                       .remotes = std::move(remotes),
                                       .is_initiator = event.we_began,
                                       .full_frame = kShimSize + peer->effective_mtu};
  events_.push_back(PeerUp{event.peer, peer->name, *peer->path, event.is_hawser,
                           std::move(event.assigned), std::move(event.dns)});
}

void IkeWiring::handle(PeerPathChanged& event) {
  Peer* peer = find(event.peer);
  if (peer == nullptr) return;
  const bool moved = !peer->path || peer->path->remote != esp_path(event.path).remote;
  set_path(event.peer, *peer, event.path);
  if (moved) events_.push_back(PeerMoved{event.peer, peer->name, *peer->path});
}

void IkeWiring::handle(PeerLost& event) {
  const Peer* peer = find(event.peer);
  paths_.end(event.peer);
  if (peer == nullptr || is_ending_) return;
  events_.push_back(PeerDown{event.peer, peer->name, std::move(event.reason)});
}

void IkeWiring::handle(PeerTrouble& event) {
  const Peer* peer = find(event.peer);
  if (peer == nullptr) return;
  events_.push_back(PeerProblem{event.peer, peer->name, std::move(event.what)});
}

void IkeWiring::handle(PeerAddressGiven& event) {
  Peer* peer = find(event.peer);
  if (peer == nullptr) return;
  for (const IpAddress& address : event.addresses) {
    if (std::ranges::find(peer->given, address) == peer->given.end()) {
      peer->given.push_back(address);
    }
  }
  changed_.push_back(event.peer);
}

void IkeWiring::handle(PeerAddressReturned& event) {
  Peer* peer = find(event.peer);
  if (peer == nullptr) return;
  std::erase_if(peer->given, [&](const IpAddress& address) {
    return std::ranges::find(event.addresses, address) != event.addresses.end();
  });
  changed_.push_back(event.peer);
}

void IkeWiring::complete(InstallPeer& install) const {
  const auto found = peers_.find(install.peer);
  if (found == peers_.end()) return;
  const Peer& peer = found->second;
  if (peer.path) install.path = peer.path;
  // RFC 7296 section 2.23: only a peer behind a NAT is followed.
  install.roaming = peer.path && peer.peer_behind_nat;
  if (peer.we_are_behind_nat && install.keepalive == Milliseconds(0)) {
    install.keepalive = kNatKeepalive;
  }
  install.report_interval = peer.report_interval;
  for (const IpAddress& address : peer.given) {
    install.allowed_ips.push_back({address, static_cast<std::uint8_t>(address.bit_count())});
  }
}

std::optional<WorkerCommand> IkeWiring::poll_command() {
  if (commands_.empty()) return std::nullopt;
  WorkerCommand command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

std::optional<Event> IkeWiring::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::optional<PeerId> IkeWiring::poll_changed() {
  if (changed_.empty()) return std::nullopt;
  const PeerId peer = changed_.front();
  changed_.pop_front();
  return peer;
}

}  // namespace hawser
