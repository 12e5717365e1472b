// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "crypto/key_exchange.h"
#include "ike-lite/ike_event.h"
#include "ike-lite/ike_exchange.h"

namespace hawser {

// CREATE_CHILD_SA (RFC 7296 section 1.3).

// As initiator: a new child, or a rekey of one.
struct CreateChildOptions {
  ChildId rekeyed;                        // 0: a new one
  unsigned attempt = 0;                   // how many failed before
  std::optional<KeyExchangeGroup> group;  // that the peer demanded
  unsigned group_demands = 0;
};
std::unique_ptr<IkeExchange> make_create_child(CreateChildOptions options);

// As responder: a new child, or a rekey of a child or of the IKE SA.
IkePayloads answer_create_child_sa(IkeSa& sa, const IkeRequest& request, TimePoint now);

// How long to wait after TEMPORARY_FAILURE, the more the more often it came; never at once
// (RFC 7296 section 2.25).
Duration busy_delay(IkeSa& sa, unsigned attempt);
// The peer said TEMPORARY_FAILURE. False: it has for so long that the IKE SA is deleted.
bool bear_busy_peer(IkeSa& sa, TimePoint now);

}  // namespace hawser
