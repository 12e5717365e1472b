// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_exchange.h"

namespace hawser {

// MOBIKE (RFC 4555): the end that began the first IKE SA says where it is now; the other one
// follows after it has seen an answer from there. What begins it is request_address_update().

// What an INFORMATIONAL request says about addresses, and what the answer has to say.
void answer_mobike(IkeSa& sa, const IkeRequest& request, IkePayloads& answer, TimePoint now);
// What the IKE SA before this one had begun and not finished.
void resume_address_exchange(IkeSa& sa, TimePoint now);

}  // namespace hawser
