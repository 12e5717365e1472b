// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "multipath/address_pair.h"
#include "tunnel/sa_types.h"

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
};
struct InstallOutboundSa {
  PeerId peer;
  Spi spi;
  SaKey key;
  bool esn = true;
};
struct RemoveInboundSa {
  Spi spi;
};
struct RemoveOutboundSa {
  PeerId peer;
  Spi spi;
};

using DataPlaneCommand = std::variant<InstallPeer, MovePeer, RemovePeer, InstallInboundSa,
                                      InstallOutboundSa, RemoveInboundSa, RemoveOutboundSa>;

// What a worker tells the control thread.
struct PeerAddressLearned {
  PeerId peer;
  AddressPair path;
};
struct SequenceExhausted {
  PeerId peer;
  Spi spi;
};
// The AEAD could not be made: no provider has the algorithm.
struct SaRefused {
  PeerId peer;
  Spi spi;
};
using DataPlaneEvent = std::variant<PeerAddressLearned, SequenceExhausted, SaRefused>;

}  // namespace hawser
