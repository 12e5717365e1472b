// SPDX-License-Identifier: Apache-2.0
#include "tunnel/endpoint.h"

#include <algorithm>
#include <utility>

#include "tunnel/endpoint_checks.h"

namespace hawser {
namespace {

bool same_settings(const PeerConfig& a, const PeerConfig& b) {
  return a.endpoint == b.endpoint && a.allowed_ips == b.allowed_ips && a.keepalive == b.keepalive &&
         a.effective_mtu == b.effective_mtu && a.clamp_mss == b.clamp_mss;
}

bool contains_sa(const std::vector<ManualSa>& sas, const ManualSa& sa, std::size_t index) {
  return index < sas.size() && same_sa(sas[index], sa);
}

}  // namespace

// Without the salt: one AEAD key under two salts is not worth the risk.
Fingerprint key_fingerprint(const SaKey& key) { return fingerprint_of(key.key()); }

WorkerIndex Endpoint::owner_of(std::size_t sa_index) const {
  return hawser::owner_of(sa_index, options_.workers);
}

Endpoint::Endpoint(const Options& options) : options_(options) {
  if (options.ike) ike_ = std::make_unique<IkeWiring>(*options.ike, options.workers);
}

Endpoint::Peer* Endpoint::find(std::string_view name) {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &peers_[found->second];
}

Endpoint::Peer* Endpoint::find(PeerId id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &peers_[found->second];
}

std::optional<ConfigureError> Endpoint::find_error(const EndpointConfig& config) const {
  std::vector<Spi> inbound;
  const bool negotiates = std::ranges::any_of(
      config.peers, [](const PeerConfig& peer) { return peer.ike.has_value(); });
  for (const PeerConfig& peer : config.peers) {
    for (std::size_t k = 0; k < peer.sas.size(); ++k) {
      if (negotiates && spi_slot(peer.sas[k].spi_in) >= SpiAllocator::kFirstSlot) {
        return ConfigureError{peer.name,
                              "the slot of its spi-in (middle 16 bits) is one of those that "
                              "negotiated SAs take, 4000 and above; write a lower one"};
      }
      if (auto what = find_sa_error(peer.sas[k], owner_of(k), inbound)) {
        return ConfigureError{peer.name, std::move(*what)};
      }
      if (sends_already(peer, k)) {
        return ConfigureError{peer.name,
                              "the key that it sends with is in use by another SA or "
                              "with other settings; use a new key"};
      }
    }
  }
  return find_repeated_key(config);
}

// A key that sends now must not begin again at sequence number 1 in another SA.
bool Endpoint::sends_already(const PeerConfig& peer, std::size_t index) const {
  for (const Peer& old : peers_) {
    for (std::size_t k = 0; k < old.config.sas.size(); ++k) {
      const ManualSa& before = old.config.sas[k];
      if (!same_key(before.key_out, peer.sas[index].key_out)) continue;
      const bool unchanged =
          old.config.name == peer.name && k == index && same_sa(before, peer.sas[index]);
      if (!unchanged) return true;
    }
  }
  return false;
}

Result<void, ConfigureError> Endpoint::configure(EndpointConfig config, TimePoint now) {
  if (auto error = find_error(config)) return failure(std::move(*error));
  keep_peers(config);
  std::vector<IkePeerSettings> negotiated;
  for (PeerConfig& peer : config.peers) {
    std::optional<IkePeerSettings> ike = std::exchange(peer.ike, std::nullopt);
    const bool is_negotiated = ike.has_value();
    if (ike) {
      ike->config.name = peer.name;
      ike->config.endpoint = peer.endpoint;
      ike->effective_mtu = peer.effective_mtu;
    }
    const std::string name = peer.name;
    if (Peer* old = find(name)) {
      update_peer(*old, std::move(peer));
    } else {
      add_peer(std::move(peer), is_negotiated);
    }
    if (!ike) continue;
    ike->config.id = find(name)->id;
    negotiated.push_back(std::move(*ike));
  }
  configure_ike(config, std::move(negotiated), now);
  return {};
}

// A peer whose keys come another way from now on is another peer.
void Endpoint::keep_peers(const EndpointConfig& config) {
  std::unordered_map<std::string_view, bool> wanted;
  for (const PeerConfig& peer : config.peers) wanted.emplace(peer.name, peer.ike.has_value());
  std::vector<Peer> kept;
  for (Peer& peer : peers_) {
    const auto found = wanted.find(peer.config.name);
    if (found != wanted.end() && found->second == peer.negotiated) {
      kept.push_back(std::move(peer));
    } else {
      remove_peer(peer);
    }
  }
  peers_ = std::move(kept);
  by_name_.clear();
  by_id_.clear();
  for (std::size_t i = 0; i < peers_.size(); ++i) index_peer(i);
}

void Endpoint::index_peer(std::size_t index) {
  by_name_[peers_[index].config.name] = index;
  by_id_[peers_[index].id] = index;
}

void Endpoint::configure_ike(EndpointConfig& config, std::vector<IkePeerSettings> peers,
                             TimePoint now) {
  if (!ike_) return;
  const bool negotiated_before = ike_->has_peers();
  const bool negotiates = !peers.empty();
  if (!negotiates && !negotiated_before) return;
  if (negotiates != negotiated_before) {
    for (std::size_t w = 0; w < options_.workers; ++w) {
      commands_.push_back({owner_of(w), AcceptControl{negotiates}});
    }
  }
  ike_->configure(std::move(config.ike), std::move(peers), std::move(config.multipath), now);
  // Reports begin with the settings.
  for (const Peer& peer : peers_) {
    if (peer.negotiated) install_settings(peer);
  }
  collect();
}

void Endpoint::set_peer_endpoint(std::string_view name, const TransportAddress& endpoint,
                                 TimePoint now) {
  Peer* peer = find(name);
  if (peer == nullptr || peer->config.endpoint == endpoint) return;
  peer->config.endpoint = endpoint;
  if (peer->negotiated) {
    // Where its packets go is for IKE to say, when the peer has answered from there.
    ike_->set_endpoint(peer->id, endpoint, now);
    return collect();
  }
  install_settings(*peer);
  events_.push_back(PeerMoved{peer->id, peer->config.name, {{}, endpoint}});
}

void Endpoint::add_peer(PeerConfig config, bool negotiated) {
  peers_.push_back({PeerId(next_peer_id_++), std::move(config), negotiated});
  index_peer(peers_.size() - 1);
  const Peer& peer = peers_.back();
  if (!negotiated) install_settings(peer);
  for (std::size_t k = 0; k < peer.config.sas.size(); ++k) {
    install_sa(peer, peer.config.sas[k], k);
  }
  events_.push_back(PeerAdded{peer.id, peer.config.name});
}

void Endpoint::update_peer(Peer& peer, PeerConfig config) {
  const PeerConfig old = std::exchange(peer.config, std::move(config));
  bool changed = !same_settings(old, peer.config);
  if (changed && !peer.negotiated) install_settings(peer);
  for (std::size_t k = 0; k < old.sas.size(); ++k) {
    if (contains_sa(peer.config.sas, old.sas[k], k)) continue;
    remove_sa(peer, old.sas[k], k);
    changed = true;
  }
  for (std::size_t k = 0; k < peer.config.sas.size(); ++k) {
    if (contains_sa(old.sas, peer.config.sas[k], k)) continue;
    install_sa(peer, peer.config.sas[k], k);
    changed = true;
  }
  if (changed) events_.push_back(PeerChanged{peer.id, peer.config.name});
}

void Endpoint::remove_peer(const Peer& peer) {
  for (std::size_t w = 0; w < options_.workers; ++w) {
    commands_.push_back({owner_of(w), RemovePeer{peer.id}});
  }
  events_.push_back(PeerRemoved{peer.id, peer.config.name});
}

void Endpoint::install_settings(const Peer& peer) {
  for (std::size_t w = 0; w < options_.workers; ++w) {
    InstallPeer install{.peer = peer.id,
                        .allowed_ips = peer.config.allowed_ips,
                        .path = std::nullopt,
                        .roaming = !peer.config.endpoint,
                        .effective_mtu = peer.config.clamp_mtu(),
                        .keepalive = w == 0 ? peer.config.keepalive : Milliseconds(0),
                        .fallback_owner = owner_of(0)};
    if (peer.negotiated) {
      ike_->complete(install);
    } else if (peer.config.endpoint) {
      install.path = AddressPair{{}, *peer.config.endpoint};
    }
    commands_.push_back({owner_of(w), std::move(install)});
  }
}

void Endpoint::install_sa(const Peer& peer, const ManualSa& sa, std::size_t index) {
  commands_.push_back({owner_of(index), InstallInboundSa{.peer = peer.id,
                                                         .spi = sa.spi_in,
                                                         .key = sa.key_in.clone(),
                                                         .esn = sa.esn,
                                                         .replay_window = sa.replay_window,
                                                         .floor = sa.floor_in,
                                                         .reserved = sa.reserved_in,
                                                         .lifetime = sa.lifetime}});
  commands_.push_back({owner_of(index), InstallOutboundSa{.peer = peer.id,
                                                          .spi = sa.spi_out,
                                                          .key = sa.key_out.clone(),
                                                          .esn = sa.esn,
                                                          .first = sa.first_out,
                                                          .reserved = sa.reserved_out,
                                                          .lifetime = sa.lifetime}});
}

void Endpoint::remove_sa(const Peer& peer, const ManualSa& sa, std::size_t index) {
  commands_.push_back({owner_of(index), RemoveInboundSa{sa.spi_in}});
  commands_.push_back({owner_of(index), RemoveOutboundSa{peer.id, sa.spi_out}});
}

void Endpoint::handle_data_plane_event(const DataPlaneEvent& event, TimePoint now) {
  if (ike_ && ike_->handle_data_plane_event(event, now)) return collect();
  if (const auto* learned = std::get_if<PeerAddressLearned>(&event)) {
    // The other workers send there too; the one that learned it knows already.
    for (std::size_t w = 0; w < options_.workers; ++w) {
      commands_.push_back({owner_of(w), MovePeer{learned->peer, learned->path}});
    }
    events_.push_back(PeerMoved{learned->peer, peer_name(learned->peer), learned->path});
  } else if (const auto* exhausted = std::get_if<SequenceExhausted>(&event)) {
    events_.push_back(SaExhausted{exhausted->peer, peer_name(exhausted->peer), exhausted->spi});
  } else if (const auto* refused = std::get_if<SaRefused>(&event)) {
    events_.push_back(SaUnusable{refused->peer, peer_name(refused->peer), refused->spi});
  } else if (const auto* wanted = std::get_if<ReserveWanted>(&event)) {
    request_reserve(*wanted);
  } else if (const auto* below = std::get_if<PeerBelowFloor>(&event)) {
    commands_.push_back({owner_of(spi_owner_octet(below->spi) - 1u),
                         SendFloorNotice{below->peer, below->spi, below->floor, below->path}});
  } else if (const auto* notice = std::get_if<FloorNoticeReceived>(&event)) {
    for (std::size_t w = 0; w < options_.workers; ++w) {
      commands_.push_back({owner_of(w), SkipSequence{notice->peer, notice->spi, notice->floor}});
    }
  } else if (const auto* reached = std::get_if<LifetimeReached>(&event)) {
    events_.push_back(SaLifetimeReached{reached->peer, peer_name(reached->peer), reached->spi,
                                        reached->direction, reached->stage});
  }
}

void Endpoint::request_reserve(const ReserveWanted& wanted) {
  const Peer* peer = find(wanted.peer);
  if (peer == nullptr) return;
  const bool inbound = wanted.direction == SaDirection::kInbound;
  for (const ManualSa& sa : peer->config.sas) {
    if ((inbound ? sa.spi_in : sa.spi_out) != wanted.spi) continue;
    const SaKey& key = inbound ? sa.key_in : sa.key_out;
    events_.push_back(ReserveRequested{wanted.peer, wanted.spi, wanted.direction,
                                       key_fingerprint(key), wanted.mark});
    return;
  }
}

void Endpoint::handle_reserved(const ReserveRequested& request) {
  const ExtendReserve extend{request.peer, request.spi, request.direction, request.mark};
  if (request.direction == SaDirection::kInbound) {
    commands_.push_back({owner_of(spi_owner_octet(request.spi) - 1u), extend});
    return;
  }
  for (std::size_t w = 0; w < options_.workers; ++w) commands_.push_back({owner_of(w), extend});
}

std::optional<WorkerCommand> Endpoint::poll_command() {
  if (commands_.empty()) return std::nullopt;
  WorkerCommand command = std::move(commands_.front());
  commands_.pop_front();
  return command;
}

std::optional<Event> Endpoint::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::string Endpoint::peer_name(PeerId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::string() : peers_[found->second].config.name;
}

void Endpoint::collect() {
  while (const auto changed = ike_->poll_changed()) {
    if (const Peer* peer = find(*changed)) install_settings(*peer);
  }
  while (auto command = ike_->poll_command()) commands_.push_back(std::move(*command));
  while (auto event = ike_->poll_event()) events_.push_back(std::move(*event));
}

void Endpoint::handle_control(ControlPacket& packet, TimePoint now) {
  if (!ike_) return;
  ike_->handle_control(packet, now);
  collect();
}

void Endpoint::handle_link_change(TimePoint now) {
  if (!ike_) return;
  ike_->handle_link_change(now);
  collect();
}

void Endpoint::handle_links(std::vector<LocalLink> links, TimePoint now) {
  if (!ike_) return;
  ike_->handle_links(std::move(links), now);
  collect();
}

void Endpoint::change_paths(std::vector<PathConfig> paths) {
  if (!ike_) return;
  ike_->change_paths(std::move(paths));
  collect();
}

unsigned Endpoint::link_of(const IpAddress& local) const { return ike_ ? ike_->link_of(local) : 0; }

void Endpoint::handle_timeout(TimePoint now) {
  if (!ike_) return;
  ike_->handle_timeout(now);
  collect();
}

void Endpoint::shut_down(TimePoint now) {
  if (!ike_) return;
  ike_->shut_down(now);
  collect();
}

std::optional<TimePoint> Endpoint::next_timeout() const {
  return ike_ ? ike_->next_timeout() : std::nullopt;
}

std::optional<IkeTransmit> Endpoint::poll_transmit() {
  return ike_ ? ike_->poll_transmit() : std::nullopt;
}

bool Endpoint::request(std::string_view name, IkeRequest request, TimePoint now) {
  const Peer* peer = find(name);
  if (peer == nullptr || !peer->negotiated) return false;
  const bool done = ike_->request(peer->id, request, now);
  collect();
  return done;
}

bool Endpoint::has_keys(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  if (found == by_name_.end()) return false;
  const Peer& peer = peers_[found->second];
  return peer.negotiated ? ike_->sends(peer.id) : !peer.config.sas.empty();
}

std::vector<IkePeerStatus> Endpoint::ike_status(TimePoint now) const {
  return ike_ ? ike_->status(now) : std::vector<IkePeerStatus>();
}

std::optional<IkeCounters> Endpoint::ike_counters() const {
  return ike_ ? std::optional(ike_->counters()) : std::nullopt;
}

}  // namespace hawser
