// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "ike-lite/authenticator.h"
#include "ike-lite/ike_exchange.h"
#include "ike-lite/ike_sa.h"

namespace hawser {

// IKE_AUTH (RFC 7296 section 1.2), with the first child in it.

// As initiator; the answer makes the IKE SA established or closes it.
std::unique_ptr<IkeExchange> make_ike_auth();
// As responder: looks for the peer that shows this identity among those of the environment.
IkePayloads answer_ike_auth(IkeSa& sa, const IkeRequest& request, TimePoint now);

// --- for both roles ---

// What the proof of the end that began the IKE SA covers, or of the other one. `identity` lives as
// long as the result is used.
AuthInput auth_input(IkeSa& sa, bool of_initiator, const IkeIdentity& identity);
// Who we are towards this peer.
const IkeIdentity& local_identity(IkeSa& sa);
// RFC 7296 section 3.7: whom we believe, if it is certificates.
void add_certificate_requests(IkePayloads& payloads, const PeerAuth& auth);
// Both ends are authenticated, facts() are complete: tells the owner and drops the handshake.
void conclude_ike_auth(IkeSa& sa, TimePoint now);

}  // namespace hawser
