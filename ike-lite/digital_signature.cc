// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/digital_signature.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/certificate.h"
#include "ike-lite/authenticator.h"

namespace hawser {
namespace {

// A peer's chain; longer ones are not met, and each certificate costs a signature.
constexpr std::size_t kMaxCertificates = 8;

// RFC 7427 section 7, RFC 8420 section 5.
struct HashNumber {
  SignatureHash hash;
  std::uint16_t wire;
};
constexpr HashNumber kHashNumbers[] = {{SignatureHash::kIdentity, 5},
                                       {SignatureHash::kSha256, 2},
                                       {SignatureHash::kSha384, 3},
                                       {SignatureHash::kSha512, 4}};

AuthFailure fail(AuthError error, std::string sentence) { return {error, std::move(sentence)}; }

AuthPayload make_payload(SignatureScheme scheme, ByteSpan signature) {
  const ByteSpan identifier = signature_algorithm_identifier(scheme);
  AuthPayload auth{.method = static_cast<std::uint8_t>(AuthMethod::kDigitalSignature)};
  auth.data.push_back(static_cast<std::uint8_t>(identifier.size()));
  auth.data.insert(auth.data.end(), identifier.begin(), identifier.end());
  auth.data.insert(auth.data.end(), signature.begin(), signature.end());
  return auth;
}

// RFC 7427 section 4: what the peer did not announce is not used.
bool is_announced(SignatureScheme scheme, std::span<const SignatureHash> hashes) {
  return std::ranges::find(hashes, signature_hash(scheme)) != hashes.end();
}

AuthFailure no_common_hash(std::span<const SignatureHash> hashes) {
  return fail(AuthError::kNoCommonHash,
              hashes.empty() ? "peer does not know signatures of RFC 7427, which our key needs"
                             : "peer cannot verify the signatures that our key makes");
}

struct SignatureParts {
  std::optional<SignatureScheme> scheme;  // none: one that is not accepted
  ByteSpan signature;
};
std::optional<SignatureParts> parse_signature(const AuthPayload& auth) {
  ByteReader reader(auth.data);
  std::uint8_t size = 0;
  ByteSpan identifier;
  if (!reader.read_u8(size) || !reader.read_bytes(size, identifier)) return std::nullopt;
  return SignatureParts{.scheme = signature_scheme_from_identifier(identifier),
                        .signature = reader.rest()};
}

AuthFailure wrong_signature() {
  return fail(AuthError::kWrongKey, "peer's signature does not match the key that is expected");
}

std::optional<CertificateIdentity> certificate_identity(const IkeIdentity& identity) {
  switch (static_cast<IdType>(identity.type)) {
    case IdType::kIpv4:
      return CertificateIdentity::kIpv4;
    case IdType::kFqdn:
      return CertificateIdentity::kFqdn;
    case IdType::kRfc822:
      return CertificateIdentity::kRfc822;
    case IdType::kIpv6:
      return CertificateIdentity::kIpv6;
    case IdType::kDerDn:
      return CertificateIdentity::kDistinguishedName;
    case IdType::kKeyId:
      break;
  }
  return std::nullopt;
}

using Chain = std::vector<Certificate>;

Result<Chain, AuthFailure> parse_chain(std::span<const CertificatePayload> payloads) {
  Chain chain;
  for (const CertificatePayload& payload : payloads) {
    // RFC 7296 section 3.6: other encodings may stand besides.
    if (payload.encoding != kX509Encoding) continue;
    if (chain.size() == kMaxCertificates) {
      return failure(fail(AuthError::kCertificateRefused, "peer sends too many certificates"));
    }
    auto certificate = Certificate::parse_der(payload.data);
    if (!certificate) {
      return failure(fail(AuthError::kCertificateRefused,
                          "peer's certificate: " + certificate.error().sentence));
    }
    chain.push_back(std::move(*certificate));
  }
  if (chain.empty()) {
    return failure(fail(AuthError::kCertificateMissing, "peer sent no certificate"));
  }
  return chain;
}

}  // namespace

Result<AuthPayload, AuthFailure> sign_with_raw_key(const IdentityPrivateKey& key, ByteSpan octets,
                                                   std::span<const SignatureHash> peer_hashes) {
  if (!is_announced(SignatureScheme::kEd25519, peer_hashes)) {
    return failure(no_common_hash(peer_hashes));
  }
  return make_payload(SignatureScheme::kEd25519, key.sign(octets));
}

Result<AuthPayload, AuthFailure> sign_with_certificate_key(
    const SigningKey& key, ByteSpan octets, std::span<const SignatureHash> peer_hashes) {
  const auto schemes = key.schemes();
  const auto scheme = std::ranges::find_if(
      schemes, [&](SignatureScheme candidate) { return is_announced(candidate, peer_hashes); });
  if (scheme == schemes.end()) return failure(no_common_hash(peer_hashes));
  const auto signature = key.sign(*scheme, octets);
  if (!signature) {
    return failure(fail(AuthError::kNoKey, "our certificate's key could not sign"));
  }
  return make_payload(*scheme, *signature);
}

Result<void, AuthFailure> verify_raw_key_signature(const IdentityPublicKey& key, ByteSpan octets,
                                                   const AuthPayload& auth) {
  const auto parts = parse_signature(auth);
  if (!parts || parts->scheme != SignatureScheme::kEd25519 ||
      !key.verify(octets, parts->signature)) {
    return failure(wrong_signature());
  }
  return {};
}

Result<void, AuthFailure> verify_certificate_signature(
    const CertificateStore& store, const IkeIdentity& identity,
    std::span<const CertificatePayload> certificates, ByteSpan octets, const AuthPayload& auth,
    std::int64_t unix_seconds) {
  const auto chain = parse_chain(certificates);
  if (!chain) return failure(chain.error());
  const Certificate& leaf = chain->front();
  const auto trusted = store.verify(leaf, std::span(*chain).subspan(1), unix_seconds);
  if (!trusted) {
    return failure(
        fail(AuthError::kCertificateRefused, "peer's certificate: " + trusted.error().sentence));
  }
  const auto kind = certificate_identity(identity);
  if (!kind || !leaf.matches_identity(*kind, identity.data)) {
    return failure(fail(AuthError::kWrongIdentity, "peer's certificate is for " + leaf.subject() +
                                                       " and not for " + identity.to_string()));
  }
  const auto parts = parse_signature(auth);
  if (!parts) return failure(wrong_signature());
  if (!parts->scheme) {
    return failure(
        fail(AuthError::kWrongMethod, "peer signs with an algorithm that Hawser does not accept"));
  }
  if (!leaf.verify_signature(*parts->scheme, octets, parts->signature)) {
    return failure(wrong_signature());
  }
  return {};
}

std::vector<std::uint8_t> announced_signature_hashes() {
  std::vector<std::uint8_t> data(2 * std::size(kHashNumbers));
  ByteWriter writer(data);
  for (const HashNumber& number : kHashNumbers) writer.write_u16(number.wire);
  return data;
}

std::vector<SignatureHash> parse_signature_hashes(ByteSpan data) {
  std::vector<SignatureHash> hashes;
  ByteReader reader(data);
  std::uint16_t wire = 0;
  while (reader.read_u16(wire)) {
    for (const HashNumber& number : kHashNumbers) {
      const bool is_new = std::ranges::find(hashes, number.hash) == hashes.end();
      if (number.wire == wire && is_new) hashes.push_back(number.hash);
    }
  }
  return hashes;
}

}  // namespace hawser
