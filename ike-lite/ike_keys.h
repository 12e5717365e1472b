// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/prf.h"
#include "crypto/sa_key.h"
#include "crypto/secret.h"
#include "ike-lite/ike_types.h"

namespace hawser {

// The keys of an IKE SA (RFC 7296 section 2.14). With an AEAD there is no SK_a; SK_ei and SK_er
// are key and salt (RFC 5282).
struct IkeKeys {
  PrfAlgorithm prf = PrfAlgorithm::kHmacSha256;
  Secret sk_d;
  SaKey sk_ei;
  SaKey sk_er;
  Secret sk_pi;
  Secret sk_pr;

  // For trying a post-quantum key without losing what there was.
  IkeKeys clone() const {
    return {prf, sk_d.clone(), sk_ei.clone(), sk_er.clone(), sk_pi.clone(), sk_pr.clone()};
  }
};

// What two ends drew for one exchange.
struct NoncePair {
  ByteSpan initiator;
  ByteSpan responder;
};
struct IkeSpiPair {
  IkeSpi initiator;
  IkeSpi responder;
};

// SKEYSEED = prf(Ni | Nr, g^ir), and what comes of it.
IkeKeys derive_ike_keys(PrfAlgorithm prf, AeadAlgorithm encryption, const Secret& shared,
                        const NoncePair& nonces, const IkeSpiPair& spis);
// RFC 7296 section 2.18: SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), with the old PRF.
IkeKeys derive_rekeyed_ike_keys(const IkeKeys& old, PrfAlgorithm prf, AeadAlgorithm encryption,
                                const Secret& shared, const NoncePair& nonces,
                                const IkeSpiPair& spis);
// RFC 9242, RFC 9370: SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr).
// (the same formula as a rekey, so derive_rekeyed_ike_keys serves.)

// RFC 8784 section 3: SK_d, SK_pi and SK_pr are replaced by prf+(PPK, SK_...).
void mix_post_quantum_key(IkeKeys& keys, const Secret& ppk);

// KEYMAT (RFC 7296 section 2.17) for `count` pairs of SAs: keys are taken in order, of each pair
// first the one from the initiator of the exchange to its responder. `shared` is empty without PFS.
struct ChildKeys {
  SaKey from_initiator;
  SaKey from_responder;
};
std::vector<ChildKeys> derive_child_keys(const IkeKeys& keys, AeadAlgorithm encryption,
                                         const Secret& shared, const NoncePair& nonces,
                                         unsigned count);

}  // namespace hawser
