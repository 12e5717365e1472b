// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ike-lite/ike_exchange.h"

namespace hawser {

// IKE_AUTH (RFC 7296 section 1.2), with the first child in it.

// As initiator; the answer makes the IKE SA established or closes it.
std::unique_ptr<IkeExchange> make_ike_auth();
// As responder: looks for the peer that shows this identity among those of the environment.
IkePayloads answer_ike_auth(IkeSa& sa, const IkeRequest& request, TimePoint now);

}  // namespace hawser
