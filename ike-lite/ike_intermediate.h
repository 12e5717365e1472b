// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/bytes.h"
#include "ike-lite/ike_exchange.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/ike_sa.h"

namespace hawser {

// IKE_INTERMEDIATE (RFC 9242) with one additional key exchange, ML-KEM-768 (RFC 9370): between
// IKE_SA_INIT and IKE_AUTH, where its large values can be cut into fragments. Afterwards all keys
// of the IKE SA are new, and AUTH covers what was said.

// As initiator; goes on to IKE_AUTH.
std::unique_ptr<IkeExchange> make_ike_intermediate();
// As responder, where it is awaited; then, when the answer was sealed with the old keys, on to the
// new ones, or to the end of a handshake that failed.
IkePayloads answer_ike_intermediate(IkeSa& sa, const IkePayloads& request);
void conclude_ike_intermediate(IkeSa& sa);

// RFC 9242 section 3.3.2: to be called for each message of this exchange in either direction, with
// what is inside its SK payload, while the keys are still those that protect it. For others it does
// nothing.
void note_intermediate(IkeSa& sa, const IkeHeader& header, std::uint8_t first_payload,
                       ByteSpan inside);

}  // namespace hawser
