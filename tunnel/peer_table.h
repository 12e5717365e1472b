// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/time.h"
#include "multipath/path_mtu.h"
#include "tunnel/data_plane_command.h"
#include "tunnel/effective_mtu.h"
#include "tunnel/outbound_sa.h"
#include "tunnel/peer_bonds.h"
#include "tunnel/route_table.h"

namespace hawser {

// One worker's view of a peer: settings, where it is, and the SAs to send on that this worker owns.
struct WorkerPeer {
  InstallPeer settings;
  std::optional<AddressPair> path;
  std::vector<std::unique_ptr<OutboundSa>> outbound;
  TimePoint last_sent{};
  std::optional<TimePoint> last_received;
  // When the control side was last told that the peer was heard, or that an SA is missing.
  std::optional<TimePoint> told_heard;
  std::optional<TimePoint> told_missing;
  TrafficCounters retired_in;
  TrafficCounters retired_out;
  // Where the peer has several paths. What it has to send is polled when it was touched.
  PeerBonds bonds;
  TimePoint next_probe{};  // of a path alone, at the earliest
  bool is_touched = false;
  std::optional<TimePoint> bond_due;
  PathMtu mtu;  // where there is no bond
  EffectiveMtu effective_mtu;

  void move(const AddressPair& to);
  // The largest inner packet that the way to the peer takes, as far as is known.
  std::size_t inner_limit(TimePoint now);
  // The same, as it was found last, for TCP, whose segments are also to fit what is configured;
  // 0: they are left alone.
  std::uint16_t clamp_mtu() const;

  // Each flow stays on one SA. Null if this worker owns none.
  OutboundSa* sa_for_flow(std::uint32_t hash) const {
    return outbound.empty() ? nullptr : outbound[hash % outbound.size()].get();
  }
  // True if it is time to tell again, which is noted in `told`.
  bool is_due(std::optional<TimePoint>& told, TimePoint now) const {
    const Duration interval = settings.report_interval;
    if (interval == Duration(0) || (told && now < *told + interval)) return false;
    told = now;
    return true;
  }
};

// The peers of one worker and the way from inner addresses to them.
class PeerTable {
 public:
  void install(InstallPeer settings, TimePoint now);
  void remove(PeerId peer);
  // Null if unknown. Pointers stay valid until that peer is removed.
  WorkerPeer* find(PeerId peer);
  // The peer for an inner address, or null. Link-local, multicast and broadcast addresses match
  // only an allowed-ips prefix that is itself of that kind: a default route does not carry them.
  WorkerPeer* find_by_inner(const IpAddress& address);

  // Sends keepalives that are due: calls `send(WorkerPeer&)` for each.
  template <typename Send>
  void for_each_due_keepalive(TimePoint now, Send send) {
    for (WorkerPeer* peer : with_keepalive_) {
      if (const auto due = keepalive_due(*peer); due && *due <= now) send(*peer);
    }
  }
  std::optional<TimePoint> next_keepalive() const;

  // A bond may have something to send, or another deadline.
  void touch(WorkerPeer& peer) {
    if (std::exchange(peer.is_touched, true)) return;
    touched_.push_back(&peer);
  }
  // Null when there is none left. When it was polled, reschedule() says so.
  WorkerPeer* pop_touched();
  void reschedule(WorkerPeer& peer) { set_bond_due(peer, peer.bonds.next_timeout()); }
  // One of whose bonds a deadline is over; it counts as touched then.
  WorkerPeer* pop_due(TimePoint now);
  std::optional<TimePoint> next_bond_timeout() const;

  const std::unordered_map<PeerId, std::unique_ptr<WorkerPeer>>& peers() const { return peers_; }

 private:
  static std::optional<TimePoint> keepalive_due(const WorkerPeer& peer);
  void set_bond_due(WorkerPeer& peer, std::optional<TimePoint> due);

  std::unordered_map<PeerId, std::unique_ptr<WorkerPeer>> peers_;
  // Few: who serves many peers is asked for the next keepalive in each round of its loop.
  std::vector<WorkerPeer*> with_keepalive_;
  std::vector<WorkerPeer*> touched_;
  std::set<std::pair<TimePoint, WorkerPeer*>> deadlines_;
  RouteTable routes_;
  // The last answer: packets come in runs of one flow.
  IpAddress cached_address_;
  WorkerPeer* cached_peer_ = nullptr;
};

// True for addresses that a tunnel does not carry unless asked to (RFC 4301 leaves it to policy).
inline bool has_restricted_scope(const IpAddress& address) {
  return address.is_multicast_or_broadcast() || address.is_link_local();
}

}  // namespace hawser
