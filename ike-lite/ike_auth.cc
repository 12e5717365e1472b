// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_auth.h"

#include "ike-lite/ike_duties.h"

namespace hawser {

AuthInput auth_input(IkeSa& sa, bool of_initiator, const IkeIdentity& identity) {
  const IkeHandshake& handshake = *sa.handshake();
  return {.prf = sa.keys().prf,
          .init_message = of_initiator ? handshake.init_request : handshake.init_response,
          .other_nonce = of_initiator ? handshake.nonce_responder : handshake.nonce_initiator,
          .sk_p = of_initiator ? sa.keys().sk_pi.bytes() : sa.keys().sk_pr.bytes(),
          .identity = &identity,
          .intermediate = handshake.intermediate};
}

const IkeIdentity& local_identity(IkeSa& sa) {
  const IkePeerConfig& peer = *sa.peer();
  return peer.local_identity ? *peer.local_identity : sa.environment().local.identity;
}

void add_certificate_requests(IkePayloads& payloads, const PeerAuth& auth) {
  const auto* certificates = std::get_if<CertificateAuth>(&auth);
  if (certificates == nullptr) return;
  CertificatePayload request;
  for (const Sha1Digest& hash : certificates->store.anchor_key_hashes()) {
    request.data.insert(request.data.end(), hash.begin(), hash.end());
  }
  if (!request.data.empty()) payloads.certificate_requests.push_back(std::move(request));
}

void conclude_ike_auth(IkeSa& sa, TimePoint now) {
  IkeSaFacts& facts = sa.facts();
  facts.is_authenticated = true;
  facts.first_established = now;
  facts.may_update_addresses = sa.we_initiated();
  sa.emit(PeerEstablished{.peer = sa.peer_id(),
                          .path = facts.path,
                          .peer_behind_nat = facts.peer_behind_nat,
                          .we_are_behind_nat = facts.we_are_behind_nat,
                          .is_hawser = facts.is_hawser,
                          .local_seen = facts.local_seen,
                          .we_began = facts.may_update_addresses,
                          .assigned = facts.assigned,
                          .dns = facts.dns});
  if (!facts.given.empty()) {
    sa.emit(PeerAddressGiven{.peer = sa.peer_id(), .addresses = facts.given});
  }
  sa.drop_handshake();
  // They served for the proofs alone.
  sa.keys().sk_pi = Secret();
  sa.keys().sk_pr = Secret();
  sa.set_state(IkeSa::State::kEstablished);
  start_duties(sa, now);
}

}  // namespace hawser
