// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/address_pair.h"
#include "base/spi.h"
#include "crypto/sa_key.h"
#include "ike-lite/ike_types.h"
#include "ike-lite/traffic_selector.h"

namespace hawser {

// A child SA, or a set of them: K with consecutive owners for each path (docs/wire-format.md), as
// one thing with one lifetime. Never reused.
using ChildId = Strong<struct ChildIdTag, std::uint64_t>;

struct ChildSaPair {
  Spi spi_in;
  Spi spi_out;
  SaKey key_in;
  SaKey key_out;
};

// What the engine tells its owner; in this order over the life of a child:
// ChildInstalled, ChildSending, ChildDraining, ChildRemoved (any but the first may be skipped).

// Receive on these from now on.
struct ChildInstalled {
  PeerId peer;
  ChildId child;
  std::vector<ChildSaPair> sas;
  unsigned per_slot = 1;  // index i is pair i mod per_slot of path slot i / per_slot
  bool shim = false;      // between Hawsers that may have several paths
  bool esn = true;
  TrafficSelectors local;   // inner addresses of ours
  TrafficSelectors remote;  // and of the peer
};
// Send on these, and no longer on any other child of the peer (RFC 7296 section 2.8).
struct ChildSending {
  PeerId peer;
  ChildId child;
};
// Do not send on these any more; what is on its way to us is still received.
struct ChildDraining {
  PeerId peer;
  ChildId child;
};
struct ChildRemoved {
  PeerId peer;
  ChildId child;
};
// Authenticated. Also after a reconnect; not after a rekey.
struct PeerEstablished {
  PeerId peer;
  AddressPair path;
  bool peer_behind_nat = false;    // follow its address
  bool we_are_behind_nat = false;  // keepalives are needed
  // A Hawser at the other end (its vendor ID was inside IKE_AUTH).
  bool is_hawser = false;
  TransportAddress local_seen;      // where the peer's messages reach us
  bool we_began = false;            // the first of the IKE SAs that led here
  std::vector<IpAddress> assigned;  // to us by the peer
  std::vector<IpAddress> dns;
};
// The IKE SA's addresses changed: the child SAs follow (RFC 4555).
struct PeerPathChanged {
  PeerId peer;
  AddressPair path;
};
// Where else the peer says that it may be reached; all of it, in place of what it said before.
struct PeerAddressesOffered {
  PeerId peer;
  std::vector<IpAddress> addresses;
};
// No IKE SA is left; the reason is a sentence for people.
struct PeerLost {
  PeerId peer;
  std::string reason;
};
// An attempt failed, or something was refused: a sentence ("peer proposes only MODP groups; Hawser
// needs x25519 or p-256").
struct PeerTrouble {
  PeerId peer;
  std::string what;
};
// An address of the pool was given to a peer (send it there), or is free again.
struct PeerAddressGiven {
  PeerId peer;
  std::vector<IpAddress> addresses;
};
struct PeerAddressReturned {
  PeerId peer;
  std::vector<IpAddress> addresses;
};
using IkeEvent = std::variant<ChildInstalled, ChildSending, ChildDraining, ChildRemoved,
                              PeerEstablished, PeerPathChanged, PeerAddressesOffered, PeerLost,
                              PeerTrouble, PeerAddressGiven, PeerAddressReturned>;

}  // namespace hawser
