// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "base/address_pair.h"
#include "base/time.h"
#include "multipath/bond.h"
#include "tunnel/sa_lifetime.h"
#include "tunnel/sa_types.h"
#include "tunnel/sequence_reserve.h"

namespace hawser {

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
// A mark that should be on disk soon; ExtendReserve is the answer.
struct ReserveWanted {
  PeerId peer;
  Spi spi;
  SaDirection direction{};
  SequenceNumber mark;
};
// An authentic packet came from `path` with a number that an earlier life of the SA may have seen.
struct PeerBelowFloor {
  PeerId peer;
  Spi spi;
  SequenceNumber floor;
  AddressPair path;
};
// The peer sent a notice about an SA that we send on.
struct FloorNoticeReceived {
  PeerId peer;
  Spi spi;
  SequenceNumber floor;
};
struct LifetimeReached {
  PeerId peer;
  Spi spi;
  SaDirection direction{};
  LifetimeStage stage{};
};
// An authentic packet of the peer came.
struct PeerHeard {
  PeerId peer;
  TimePoint when;
};
// A packet for the peer found no SA to go on.
struct SaMissing {
  PeerId peer;
};
// A path has another state, or goes elsewhere.
struct PathNews {
  PeerId peer;
  unsigned pair = 0;  // of the SAs by which it was found out
  BondNews news;
};
using DataPlaneEvent =
    std::variant<PeerAddressLearned, SequenceExhausted, SaRefused, ReserveWanted, PeerBelowFloor,
                 FloorNoticeReceived, LifetimeReached, PeerHeard, SaMissing, PathNews>;

}  // namespace hawser
