// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/prf.h"
#include "crypto/signature.h"
#include "ike-lite/auth_failure.h"
#include "ike-lite/ike_config.h"
#include "ike-lite/ike_identity.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// What the proof of one end covers (RFC 7296 section 2.15). Spans and pointer are for the call.
struct AuthInput {
  PrfAlgorithm prf = PrfAlgorithm::kHmacSha256;
  ByteSpan init_message;  // its own IKE_SA_INIT message, the last one exchanged, without marker
  ByteSpan other_nonce;   // the nonce of the other end
  ByteSpan sk_p;          // SK_pi if it began the IKE SA, else SK_pr
  const IkeIdentity* identity = nullptr;  // its own, with the reserved octets as they were sent
  ByteSpan intermediate;                  // of IKE_INTERMEDIATE, if there was one (RFC 9242)
};

// RealMessage | nonce of the other end | prf(SK_p, ID') | IntAuth.
std::vector<std::uint8_t> auth_octets(const AuthInput& input);

// Our AUTH payload. `peer_hashes`: what the peer announced in SIGNATURE_HASH_ALGORITHMS.
Result<AuthPayload, AuthFailure> make_auth(const IkeLocalConfig& local, const PeerAuth& auth,
                                           const AuthInput& ours,
                                           std::span<const SignatureHash> peer_hashes);

// Whether the peer is who `theirs.identity` says, which the caller found to be the one that is
// configured. `auth` may be null. Nobody but a configured key or authority is believed: of
// `certificates`, the first is the peer's own, the others may complete its chain.
struct PeerProof {
  const AuthPayload* auth = nullptr;
  std::span<const CertificatePayload> certificates;
};
Result<void, AuthFailure> verify_auth(const PeerAuth& auth, const AuthInput& theirs,
                                      const PeerProof& proof, std::int64_t unix_seconds);

// What we send as CERT payloads besides AUTH: our chain, if certificates are agreed.
std::vector<CertificatePayload> certificates_to_send(const IkeLocalConfig& local,
                                                     const PeerAuth& auth);

// The content of SIGNATURE_HASH_ALGORITHMS (RFC 7427 section 4). Ours says what we can verify; of
// the peer's, what we do not know is left out.
std::vector<std::uint8_t> announced_signature_hashes();
std::vector<SignatureHash> parse_signature_hashes(ByteSpan data);

}  // namespace hawser
