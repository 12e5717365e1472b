// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_exchange.h"

namespace hawser {

// The rekey of an IKE SA by CREATE_CHILD_SA (RFC 7296 sections 1.3.2 and 2.18). What begins it as
// initiator is in ike_duties.h.

// As responder; `request` has SA and nonce.
IkePayloads answer_ike_rekey(IkeSa& sa, const IkePayloads& request, TimePoint now);
// The peer deletes the IKE SA. If that is because its rekey won while ours is outstanding, the
// successor that it made takes over (RFC 7296 section 2.25.2: ours is forgotten).
void forget_ike_rekey(IkeSa& sa, TimePoint now);

}  // namespace hawser
