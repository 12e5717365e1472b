// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/informational.h"

#include "ike-lite/ike_sa.h"

namespace hawser {

IkePayloads answer_informational(IkeSa& sa, const IkeRequest& request, TimePoint /*now*/) {
  for (const DeletePayload& payload : request.payloads->deletes) {
    if (payload.protocol != SecurityProtocol::kIke) continue;
    sa.set_state(IkeSa::State::kClosed, "the peer ended the IKE SA");
  }
  return {};
}

}  // namespace hawser
