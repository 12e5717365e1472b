// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_exchange.h"

namespace hawser {

// CREATE_CHILD_SA (RFC 7296 section 1.3) as responder: a new child, or a rekey of a child or of the
// IKE SA.
IkePayloads answer_create_child_sa(IkeSa& sa, const IkeRequest& request, TimePoint now);

}  // namespace hawser
