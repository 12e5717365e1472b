// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/rekey_collision.h"

#include <algorithm>

namespace hawser {

ByteSpan lower_nonce(ByteSpan a, ByteSpan b) {
  return std::ranges::lexicographical_compare(b, a) ? b : a;
}

CollisionWinner winner_of_collision(ByteSpan ours, ByteSpan peers) {
  return std::ranges::lexicographical_compare(ours, peers) ? CollisionWinner::kPeers
                                                           : CollisionWinner::kOurs;
}

RequestVerdict judge_request(ChildRequest request, const RequestCircumstances& circumstances) {
  if (circumstances.is_ike_sa_ending) return RequestVerdict::kTemporaryFailure;
  switch (request) {
    case ChildRequest::kRekeyIke:
      // RFC 7296 section 2.25.2: not while we change a child. If we rekey the IKE SA, too, the
      // nonces will decide.
      return circumstances.outstanding == ExchangeKind::kChild ||
                     circumstances.outstanding == ExchangeKind::kChildDelete
                 ? RequestVerdict::kTemporaryFailure
                 : RequestVerdict::kProceed;
    case ChildRequest::kRekeyChild:
      if (!circumstances.is_child_known) return RequestVerdict::kChildSaNotFound;
      // RFC 7296 section 2.25.1: it goes away by itself.
      if (circumstances.is_child_being_deleted) return RequestVerdict::kTemporaryFailure;
      [[fallthrough]];
    case ChildRequest::kNewChild:
      // RFC 7296 section 2.25.2: whose child it would be is not decided yet.
      return circumstances.outstanding == ExchangeKind::kIkeRekey
                 ? RequestVerdict::kTemporaryFailure
                 : RequestVerdict::kProceed;
  }
  return RequestVerdict::kProceed;
}

}  // namespace hawser
