// SPDX-License-Identifier: Apache-2.0
#include "tunnel/endpoint.h"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

bool same_key(const SaKey& a, const SaKey& b) {
  return equal_in_constant_time(a.key_and_salt.bytes(), b.key_and_salt.bytes());
}

bool same_sa(const ManualSa& a, const ManualSa& b) {
  return a.spi_in == b.spi_in && a.spi_out == b.spi_out && a.esn == b.esn &&
         a.replay_window == b.replay_window && a.lifetime == b.lifetime &&
         a.key_in.algorithm == b.key_in.algorithm && a.key_out.algorithm == b.key_out.algorithm &&
         same_key(a.key_in, b.key_in) && same_key(a.key_out, b.key_out);
}

bool same_settings(const PeerConfig& a, const PeerConfig& b) {
  return a.endpoint == b.endpoint && a.allowed_ips == b.allowed_ips && a.keepalive == b.keepalive &&
         a.effective_mtu == b.effective_mtu;
}

bool contains_sa(const std::vector<ManualSa>& sas, const ManualSa& sa, std::size_t index) {
  return index < sas.size() && same_sa(sas[index], sa);
}

std::string hex(Spi spi) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[(spi.value() >> shift) & 0xf];
  return text;
}

// What is wrong with one SA by itself or beside the inbound SPIs before it, to which it is added.
std::optional<std::string> find_sa_error(const ManualSa& sa, WorkerIndex owner,
                                         std::vector<Spi>& inbound) {
  if (!sa.key_in.is_complete() || !sa.key_out.is_complete()) {
    return "a key has not the size that its cipher needs";
  }
  const unsigned octet = owner.value() + 1u;
  if (spi_owner_octet(sa.spi_in) != octet) {
    return "spi-in " + hex(sa.spi_in) + " does not begin with the octet of its worker, " +
           std::to_string(octet);
  }
  const bool repeated = std::ranges::any_of(inbound, [&](Spi other) {
    return spi_owner_octet(other) == octet && spi_slot(other) == spi_slot(sa.spi_in);
  });
  if (repeated) return "spi-in " + hex(sa.spi_in) + " has the slot (middle 16 bits) of another SA";
  inbound.push_back(sa.spi_in);
  return std::nullopt;
}

// All keys of a configuration, each with its peer and direction, to find one that occurs twice.
std::optional<ConfigureError> find_repeated_key(const EndpointConfig& config) {
  std::vector<const SaKey*> seen;
  for (const PeerConfig& peer : config.peers) {
    for (const ManualSa& sa : peer.sas) {
      for (const SaKey* key : {&sa.key_in, &sa.key_out}) {
        const bool repeated =
            std::ranges::any_of(seen, [key](const SaKey* other) { return same_key(*key, *other); });
        if (repeated)
          return ConfigureError{peer.name,
                                "a key occurs twice; each direction needs "
                                "its own"};
        seen.push_back(key);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

// Without the salt: one AEAD key under two salts is not worth the risk.
Fingerprint key_fingerprint(const SaKey& key) { return fingerprint_of(key.key()); }

WorkerIndex Endpoint::owner_of(std::size_t sa_index) const {
  return WorkerIndex(static_cast<std::uint8_t>(sa_index % options_.workers));
}

Endpoint::Peer* Endpoint::find(std::string_view name) {
  const auto found = std::ranges::find(
      peers_, name, [](const Peer& p) -> std::string_view { return p.config.name; });
  return found == peers_.end() ? nullptr : &*found;
}

std::optional<ConfigureError> Endpoint::find_error(const EndpointConfig& config) const {
  std::vector<Spi> inbound;
  for (const PeerConfig& peer : config.peers) {
    for (std::size_t k = 0; k < peer.sas.size(); ++k) {
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

Result<void, ConfigureError> Endpoint::configure(EndpointConfig config) {
  if (auto error = find_error(config)) return failure(std::move(*error));
  std::vector<Peer> kept;
  for (Peer& peer : peers_) {
    const bool stays = std::ranges::any_of(
        config.peers, [&](const PeerConfig& p) { return p.name == peer.config.name; });
    if (stays) {
      kept.push_back(std::move(peer));
    } else {
      remove_peer(peer);
    }
  }
  peers_ = std::move(kept);
  for (PeerConfig& peer : config.peers) {
    if (Peer* old = find(peer.name)) {
      update_peer(*old, std::move(peer));
    } else {
      add_peer(std::move(peer));
    }
  }
  return {};
}

void Endpoint::set_peer_endpoint(std::string_view name, const TransportAddress& endpoint) {
  Peer* peer = find(name);
  if (peer == nullptr || peer->config.endpoint == endpoint) return;
  peer->config.endpoint = endpoint;
  install_settings(*peer);
  events_.push_back(PeerMoved{peer->id, peer->config.name, {{}, endpoint}});
}

void Endpoint::add_peer(PeerConfig config) {
  peers_.push_back({PeerId(next_peer_id_++), std::move(config)});
  const Peer& peer = peers_.back();
  install_settings(peer);
  for (std::size_t k = 0; k < peer.config.sas.size(); ++k) {
    install_sa(peer, peer.config.sas[k], k);
  }
  events_.push_back(PeerAdded{peer.id, peer.config.name});
}

void Endpoint::update_peer(Peer& peer, PeerConfig config) {
  const PeerConfig old = std::exchange(peer.config, std::move(config));
  bool changed = !same_settings(old, peer.config);
  if (changed) install_settings(peer);
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
                        .effective_mtu = peer.config.effective_mtu,
                        .keepalive = w == 0 ? peer.config.keepalive : Milliseconds(0),
                        .fallback_owner = owner_of(0)};
    if (peer.config.endpoint) install.path = AddressPair{{}, *peer.config.endpoint};
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

void Endpoint::handle_data_plane_event(const DataPlaneEvent& event) {
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
  const auto peer = std::ranges::find(peers_, wanted.peer, &Peer::id);
  if (peer == peers_.end()) return;
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
  const auto found = std::ranges::find(peers_, id, &Peer::id);
  return found == peers_.end() ? std::string() : found->config.name;
}

}  // namespace hawser
