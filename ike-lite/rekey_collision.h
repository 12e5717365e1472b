// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "ike-lite/ike_exchange.h"

namespace hawser {

// What happens when both ends change the same thing at the same time (RFC 7296 sections 2.8.1,
// 2.8.2 and 2.25), as pure functions.

// The lower nonce, octet by octet; of two that are equal so far the shorter one is lower.
ByteSpan lower_nonce(ByteSpan a, ByteSpan b);

// Of two SAs that were made at the same time for the same purpose: the one that was created with
// the lowest of the four nonces loses, and its creator deletes it. `ours` and `peers` are the lower
// nonces of each exchange.
enum class CollisionWinner : std::uint8_t { kOurs, kPeers };
CollisionWinner winner_of_collision(ByteSpan ours, ByteSpan peers);

// A request of the peer that comes while one of ours is outstanding.
enum class ChildRequest : std::uint8_t { kNewChild, kRekeyChild, kRekeyIke };
struct RequestCircumstances {
  bool is_ike_sa_ending = false;  // it is replaced, or we delete it
  ExchangeKind outstanding = ExchangeKind::kOther;
  // Of kRekeyChild:
  bool is_child_known = true;
  bool is_child_being_deleted = false;  // by us
};
enum class RequestVerdict : std::uint8_t { kProceed, kTemporaryFailure, kChildSaNotFound };
RequestVerdict judge_request(ChildRequest request, const RequestCircumstances& circumstances);

}  // namespace hawser
