// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "crypto/key_exchange.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// The key exchange within CREATE_CHILD_SA: the group is guessed by who begins, and the other end
// may demand another one (RFC 7296 section 1.3).

// How often the peer may demand another group; who is not content then is told nothing more.
inline constexpr unsigned kMaxGroupDemands = 2;

// As initiator of the exchange. The group that the peer demands, if it is one that was offered.
std::optional<KeyExchangeGroup> demanded_group(const IkePayloads& response,
                                               const std::vector<KeyExchangeGroup>& offered);

// As responder. The group that the peer guessed comes first if it is acceptable: that spares a
// round.
void put_guess_first(std::vector<KeyExchangeGroup>& groups, const IkePayloads& request);
bool is_guess_right(const IkePayloads& request, KeyExchangeGroup chosen);
// INVALID_KE_PAYLOAD.
IkePayloads demand_group(KeyExchangeGroup group);

KeyExchangePayload key_exchange_payload(const KeyExchange& key_exchange);

}  // namespace hawser
