// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate_store.h"
#include "crypto/identity_key.h"
#include "crypto/signature.h"
#include "crypto/signing_key.h"
#include "ike-lite/auth_failure.h"
#include "ike-lite/ike_identity.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// Authentication method 14 (RFC 7427, RFC 8420): the AUTH payload holds
//   length 1 | AlgorithmIdentifier, DER | signature
// `octets` are what is signed (RFC 7296 section 2.15).

inline constexpr std::uint8_t kX509Encoding = 4;  // of a CERT payload: X.509, for signatures

Result<AuthPayload, AuthFailure> sign_with_raw_key(const IdentityPrivateKey& key, ByteSpan octets,
                                                   std::span<const SignatureHash> peer_hashes);
Result<AuthPayload, AuthFailure> sign_with_certificate_key(
    const SigningKey& key, ByteSpan octets, std::span<const SignatureHash> peer_hashes);

Result<void, AuthFailure> verify_raw_key_signature(const IdentityPublicKey& key, ByteSpan octets,
                                                   const AuthPayload& auth);
// Also that the first certificate leads to the store's authorities and names the identity.
Result<void, AuthFailure> verify_certificate_signature(
    const CertificateStore& store, const IkeIdentity& identity,
    std::span<const CertificatePayload> certificates, ByteSpan octets, const AuthPayload& auth,
    std::int64_t unix_seconds);

}  // namespace hawser
