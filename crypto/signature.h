// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace hawser {

// The digital signatures that are accepted (RFC 7427, RFC 8420). No SHA-1, and no PKCS #1 v1.5.
// ECDSA on P-256 and P-384, with a hash that is not shorter than the curve's order; RSA from 2048
// to 8192 bits, the salt of PSS as long as the hash.
enum class SignatureScheme : std::uint8_t {
  kEd25519,
  kEcdsaSha256,
  kEcdsaSha384,
  kEcdsaSha512,
  kRsaPssSha256,
  kRsaPssSha384,
  kRsaPssSha512,
};

// What a peer must have announced to be sent a signature (RFC 7427 section 4); kIdentity: the
// message itself is signed (RFC 8420).
enum class SignatureHash : std::uint8_t { kSha256, kSha384, kSha512, kIdentity };
SignatureHash signature_hash(SignatureScheme scheme);

// The DER of the AlgorithmIdentifier that stands before a signature in AUTH (RFC 7427 appendix A).
ByteSpan signature_algorithm_identifier(SignatureScheme scheme);
// Takes the absence of the hashes' parameters for NULL, as RFC 4055 section 2.1 says.
std::optional<SignatureScheme> signature_scheme_from_identifier(ByteSpan der);

}  // namespace hawser
