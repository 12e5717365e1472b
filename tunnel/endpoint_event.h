// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "base/address_pair.h"
#include "crypto/fingerprint.h"
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
using Event = std::variant<PeerAdded, PeerRemoved, PeerChanged, PeerMoved, SaExhausted, SaUnusable,
                           ReserveRequested, SaLifetimeReached>;

}  // namespace hawser
