// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/address_pair.h"
#include "base/spi.h"
#include "base/time.h"
#include "ike-lite/ike_payloads.h"
#include "ike-lite/ike_types.h"

namespace hawser {

class IkeSa;

// What an exchange is about, for deciding what may overlap with it (RFC 7296 section 2.25).
enum class ExchangeKind : std::uint8_t {
  kOther,
  kChild,  // a new child, or a rekey of one
  kChildDelete,
  kIkeRekey,
  kIkeDelete,
  kProbe,
  kAddressUpdate,
  kAddressOffer,
};

// What became of a message that was given to an IKE SA.
enum class MessageFate : std::uint8_t { kTaken, kMalformed, kNotAuthentic, kUnexpected };

// A request of ours within an IKE SA, from the wish to the answer. It waits in the IKE SA's queue
// until it is its turn (one at a time, RFC 7296 section 2.3); what it reserved meanwhile (SPIs, a
// key exchange) it gives back when it is destroyed without an answer. A new kind of exchange is a
// class of its own in a file of its own.
class IkeExchange {
 public:
  virtual ~IkeExchange() = default;
  virtual ExchangeType type() const = 0;
  virtual ExchangeKind kind() const { return ExchangeKind::kOther; }
  // What to ask, decided when it is sent. Nothing: it is no longer needed.
  virtual std::optional<IkePayloads> begin(IkeSa& sa, TimePoint now) = 0;
  // Meanwhile the peer deleted an SA that we do not know, perhaps one that this asked for.
  virtual void note_unknown_delete(Spi /*peers_spi*/) {}
  // An authentic answer. The exchange is destroyed afterwards.
  virtual void handle_response(IkeSa& sa, const IkePayloads& response, TimePoint now) = 0;
};

// An authentic request of the peer that is new. How it is answered is a free function for each
// kind: `IkePayloads answer_NAME(IkeSa&, const IkeRequest&, TimePoint)`.
struct IkeRequest {
  const IkePayloads* payloads = nullptr;
  AddressPair from;  // the answer goes there
};

}  // namespace hawser
