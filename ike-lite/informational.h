// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_exchange.h"

namespace hawser {

// INFORMATIONAL (RFC 7296 section 1.4) as responder: Delete, the question whether we live, and what
// MOBIKE says.
IkePayloads answer_informational(IkeSa& sa, const IkeRequest& request, TimePoint now);

}  // namespace hawser
