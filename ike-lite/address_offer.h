// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

class IkeSa;

// RFC 4555 section 3.6: the addresses of an end beside the one that its messages come from
// (ADDITIONAL_IP4_ADDRESS, ADDITIONAL_IP6_ADDRESS). Each list takes the place of the one before.
// The end that did not begin tells its own; the one that began may go there.

// The peer is told `facts().offered` if it does not know it yet.
void request_address_offer(IkeSa& sa, TimePoint now);
// What the peer says of its addresses, if anything: in the answer of IKE_AUTH or a request.
void take_address_offer(IkeSa& sa, const IkePayloads& payloads);

}  // namespace hawser
