// SPDX-License-Identifier: Apache-2.0
#include "tunnel/peer_table.h"

#include <algorithm>
#include <utility>

#include "base/deadline.h"

namespace hawser {

void WorkerPeer::move(const AddressPair& to) {
  if (!path || path->remote != to.remote) mtu.forget();
  path = to;
}

std::size_t WorkerPeer::inner_limit(TimePoint now) {
  if (const auto frame = bonds.frame_room(now)) {
    return effective_mtu.update(*frame - std::min(*frame, kShimSize), now);
  }
  const bool is_v4 = !path || path->remote.address.is_v4();
  return effective_mtu.update(room_in_outer(mtu.value(now), is_v4), now);
}

std::uint16_t WorkerPeer::clamp_mtu() const {
  const std::size_t limit = effective_mtu.current();
  if (limit == 0) return settings.effective_mtu;
  return static_cast<std::uint16_t>(std::min<std::size_t>(settings.effective_mtu, limit));
}

WorkerPeer* PeerTable::pop_touched() {
  if (touched_.empty()) return nullptr;
  WorkerPeer* peer = touched_.back();
  touched_.pop_back();
  peer->is_touched = false;
  return peer;
}

WorkerPeer* PeerTable::pop_due(TimePoint now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return nullptr;
  WorkerPeer* peer = deadlines_.begin()->second;
  set_bond_due(*peer, std::nullopt);
  touch(*peer);
  return peer;
}

std::optional<TimePoint> PeerTable::next_bond_timeout() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void PeerTable::set_bond_due(WorkerPeer& peer, std::optional<TimePoint> due) {
  if (peer.bond_due == due) return;
  if (peer.bond_due) deadlines_.erase({*peer.bond_due, &peer});
  peer.bond_due = due;
  if (due) deadlines_.insert({*due, &peer});
}

void PeerTable::install(InstallPeer settings, TimePoint now) {
  const PeerId id = settings.peer;
  cached_peer_ = nullptr;
  auto& peer = peers_[id];
  if (peer) {
    routes_.remove_peer(id);  // a walk over all routes
  } else {
    peer = std::make_unique<WorkerPeer>();
    peer->last_sent = now;
  }
  for (const IpPrefix& prefix : settings.allowed_ips) routes_.add(prefix, id);
  if (settings.path) peer->move(*settings.path);
  peer->settings = std::move(settings);
  std::erase(with_keepalive_, peer.get());
  if (peer->settings.keepalive.count() != 0) with_keepalive_.push_back(peer.get());
}

void PeerTable::remove(PeerId peer) {
  cached_peer_ = nullptr;
  routes_.remove_peer(peer);
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  std::erase(with_keepalive_, found->second.get());
  std::erase(touched_, found->second.get());
  set_bond_due(*found->second, std::nullopt);
  peers_.erase(found);
}

WorkerPeer* PeerTable::find(PeerId peer) {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : found->second.get();
}

WorkerPeer* PeerTable::find_by_inner(const IpAddress& address) {
  if (cached_peer_ != nullptr && cached_address_ == address) return cached_peer_;
  const RouteTable::Entry* entry = routes_.find(address);
  if (entry == nullptr) return nullptr;
  if (has_restricted_scope(address) && !has_restricted_scope(entry->prefix.address)) return nullptr;
  cached_address_ = address;
  cached_peer_ = find(entry->peer);
  return cached_peer_;
}

std::optional<TimePoint> PeerTable::keepalive_due(const WorkerPeer& peer) {
  if (peer.settings.keepalive.count() == 0 || !peer.path) return std::nullopt;
  return peer.last_sent + peer.settings.keepalive;
}

std::optional<TimePoint> PeerTable::next_keepalive() const {
  std::optional<TimePoint> next;
  for (const WorkerPeer* peer : with_keepalive_) keep_earlier(next, keepalive_due(*peer));
  return next;
}

}  // namespace hawser
