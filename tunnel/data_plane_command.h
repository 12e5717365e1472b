// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/address_pair.h"
#include "base/ip_address.h"
#include "base/time.h"
#include "multipath/flow_match.h"
#include "multipath/path_id.h"
#include "multipath/path_planner.h"
#include "multipath/scheduler.h"
#include "tunnel/sa_lifetime.h"
#include "tunnel/sa_selectors.h"
#include "tunnel/sa_types.h"
#include "tunnel/sequence_reserve.h"

namespace hawser {

// What the control thread tells a worker. Values, so that they can cross a queue.

// Adds a peer, or changes the settings of one that is there (its SAs stay).
struct InstallPeer {
  PeerId peer;
  std::vector<IpPrefix> allowed_ips;  // inner addresses behind the peer
  std::optional<AddressPair> path;    // unset: learned from the peer's first authentic packet
  bool roaming = false;               // follow the source address of fresh authentic packets
  std::uint16_t effective_mtu = 0;    // largest inner packet towards the peer, for the MSS clamp
  Milliseconds keepalive{0};          // RFC 3948 keepalive after this silence; 0: never
  WorkerIndex fallback_owner;         // who sends for workers that own no outbound SA of the peer
  // Tell about authentic packets of the peer, and about packets that find no SA, but no more often
  // than this; 0: never.
  Duration report_interval{0};
};
// The peer's address changed.
struct MovePeer {
  PeerId peer;
  AddressPair path;
};
struct RemovePeer {
  PeerId peer;  // with its SAs
};
struct InstallInboundSa {
  PeerId peer;
  Spi spi;
  SaKey key;
  bool esn = true;
  std::optional<std::uint32_t> replay_window;  // unset: it sizes itself
  SequenceNumber floor{0};                     // numbers up to it count as seen
  std::optional<SequenceNumber> reserved;      // the mark on disk; unset: none is kept
  SaLifetime lifetime;
  std::optional<SaSelectors> selectors;  // unset: the peer's allowed_ips alone
  PathId path;                           // whose SAs it is one of
  unsigned pair = 0;                     // which of them; workers have these in turn
  bool shim = false;                     // of a bond: packets of several paths are behind the shim
};
struct InstallOutboundSa {
  PeerId peer;
  Spi spi;
  SaKey key;
  bool esn = true;
  SequenceNumber first{1};
  std::optional<SequenceNumber> reserved;
  SaLifetime lifetime;
  std::optional<SaSelectors> selectors;
  PathId path;
  unsigned pair = 0;
  bool shim = false;
};
// From now on the peer's packets go on these and on no other: no packet finds none between, and
// none overtakes another.
struct ReplaceOutboundSas {
  PeerId peer;
  std::vector<InstallOutboundSa> sas;  // those of this worker
};
// The disk knows the numbers of an SA up to `mark`.
struct ExtendReserve {
  PeerId peer;
  Spi spi;
  SaDirection direction{};
  SequenceNumber mark;
};
// Tells the peer, where its packet came from, that its numbers up to `floor` count as seen.
struct SendFloorNotice {
  PeerId peer;
  Spi spi;
  SequenceNumber floor;
  AddressPair path;
};
// The peer counts the numbers of an SA up to `floor` as seen.
struct SkipSequence {
  PeerId peer;
  Spi spi;
  SequenceNumber floor;
};
struct RemoveInboundSa {
  Spi spi;
};
struct RemoveOutboundSa {
  PeerId peer;
  Spi spi;
};
// From now on there are several paths to the peer, each with SAs of its own, and none is begun yet.
// What was before is forgotten.
struct BeginBond {
  PeerId peer;
  std::size_t full_frame = 0;  // of the longest data frame
};
struct EndBond {
  PeerId peer;
};
// Adds a path, or changes one.
struct SetPath {
  PeerId peer;
  PlannedPath path;
};
// Another pair of the path's SAs has found the peer there, and proven it.
struct MovePath {
  PeerId peer;
  PathId path;
  AddressPair addresses;
};
struct RemovePath {
  PeerId peer;
  PathId path;
};
// Which packets are of which class, and how each class is given to the paths.
struct SetTraffic {
  std::vector<ClassRule> rules;
  TrafficPolicies policies;
  ScheduleOptions schedule;
};
// Whether messages of the key exchange are kept for the control side.
struct AcceptControl {
  bool accept = false;
};

using DataPlaneCommand =
    std::variant<InstallPeer, MovePeer, RemovePeer, InstallInboundSa, InstallOutboundSa,
                 RemoveInboundSa, RemoveOutboundSa, ExtendReserve, SendFloorNotice, SkipSequence,
                 ReplaceOutboundSas, AcceptControl, BeginBond, EndBond, SetPath, MovePath,
                 RemovePath, SetTraffic>;

}  // namespace hawser
