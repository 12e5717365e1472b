// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/address_pair.h"
#include "crypto/fingerprint.h"
#include "multipath/path_state.h"
#include "tunnel/sa_lifetime.h"
#include "tunnel/sa_types.h"
#include "tunnel/sequence_reserve.h"

namespace hawser {

// What an Endpoint tells its owner.
struct PeerAdded {
  PeerId peer;
  std::string name;
};
struct PeerRemoved {
  PeerId peer;
  std::string name;
};
struct PeerChanged {
  PeerId peer;
  std::string name;
};
struct PeerMoved {
  PeerId peer;
  std::string name;
  AddressPair path;
};
struct SaExhausted {
  PeerId peer;
  std::string name;
  Spi spi;
};
struct SaUnusable {
  PeerId peer;
  std::string name;
  Spi spi;
};
// The mark of a key should be on disk soon; handle_reserved is the answer.
struct ReserveRequested {
  PeerId peer;
  Spi spi;
  SaDirection direction{};
  Fingerprint key{};
  SequenceNumber mark;
};
// Soft: time for new keys. Over: nothing more is carried.
struct SaLifetimeReached {
  PeerId peer;
  std::string name;
  Spi spi;
  SaDirection direction{};
  LifetimeStage stage{};
};
// The rest is about peers whose keys are negotiated. The peer is authenticated.
struct PeerUp {
  PeerId peer;
  std::string name;
  AddressPair path;
  bool is_hawser = false;
  std::vector<IpAddress> assigned;  // to us, by the peer
  std::vector<IpAddress> dns;
};
// Where else it says that it may be reached, in place of what it said before.
struct PeerAlsoAt {
  PeerId peer;
  std::string name;
  std::vector<IpAddress> addresses;
};
// It has no SA any more; the reason is a sentence.
struct PeerDown {
  PeerId peer;
  std::string name;
  std::string reason;
};
// A sentence about what failed or was refused.
struct PeerProblem {
  PeerId peer;
  std::string name;
  std::string what;
};
// New keys are in use, the first ones or in place of others.
struct ChildReady {
  PeerId peer;
  std::string name;
  bool is_rekey = false;
};
// A path to a peer that has several is in another state; the reason is a clause.
struct PathChanged {
  PeerId peer;
  std::string name;
  std::string path;  // its name, or its number
  PathState state{};
  std::string reason;
  AddressPair addresses;
};
using Event = std::variant<PeerAdded, PeerRemoved, PeerChanged, PeerMoved, SaExhausted, SaUnusable,
                           ReserveRequested, SaLifetimeReached, PeerUp, PeerAlsoAt, PeerDown,
                           PeerProblem, ChildReady, PathChanged>;

}  // namespace hawser
