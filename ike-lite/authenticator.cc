// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/authenticator.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "ike-lite/digital_signature.h"

namespace hawser {
namespace {

// RFC 7296 section 2.15: prf(prf(shared secret, "Key Pad for IKEv2"), octets).
Secret shared_key_proof(PrfAlgorithm algorithm, const Secret& key, ByteSpan octets) {
  static constexpr std::string_view kPad = "Key Pad for IKEv2";
  std::array<std::uint8_t, kPad.size()> pad;
  std::ranges::copy(kPad, pad.begin());
  const Secret padded = prf(algorithm, key.bytes(), {pad});
  return prf(algorithm, padded.bytes(), {octets});
}

AuthFailure fail(AuthError error, std::string sentence) { return {error, std::move(sentence)}; }

bool is_method(const AuthPayload& auth, AuthMethod method) {
  return auth.method == static_cast<std::uint8_t>(method);
}

std::string method_name(std::uint8_t method) {
  switch (method) {
    case 1:
      return "an RSA signature of the old kind";
    case 2:
      return "a shared key";
    case 9:
    case 10:
    case 11:
      return "an ECDSA signature of the old kind";
    case 13:
      return "no authentication";
    case 14:
      return "a signature";
    default:
      return "authentication method " + std::to_string(method);
  }
}

AuthFailure wrong_method(const AuthPayload& auth, std::string_view agreed) {
  return fail(AuthError::kWrongMethod, "peer authenticates itself by " + method_name(auth.method) +
                                           "; " + std::string(agreed) + " is configured");
}

Result<AuthPayload, AuthFailure> prove(const IkeLocalConfig& local, const RawKeyAuth&,
                                       const AuthInput& ours,
                                       std::span<const SignatureHash> peer_hashes) {
  if (!local.raw_key) {
    return failure(fail(AuthError::kNoKey, "no private key is configured to authenticate with"));
  }
  return sign_with_raw_key(*local.raw_key, auth_octets(ours), peer_hashes);
}

Result<AuthPayload, AuthFailure> prove(const IkeLocalConfig&, const SharedKeyAuth& auth,
                                       const AuthInput& ours, std::span<const SignatureHash>) {
  const Secret proof = shared_key_proof(ours.prf, auth.key, auth_octets(ours));
  return AuthPayload{.method = static_cast<std::uint8_t>(AuthMethod::kSharedKey),
                     .data = {proof.bytes().begin(), proof.bytes().end()}};
}

Result<AuthPayload, AuthFailure> prove(const IkeLocalConfig& local, const CertificateAuth&,
                                       const AuthInput& ours,
                                       std::span<const SignatureHash> peer_hashes) {
  if (!local.certificate_key) {
    return failure(
        fail(AuthError::kNoKey, "no certificate and key are configured to authenticate with"));
  }
  return sign_with_certificate_key(*local.certificate_key, auth_octets(ours), peer_hashes);
}

Result<void, AuthFailure> check(const RawKeyAuth& agreed, const AuthInput& theirs,
                                const AuthPayload& auth, std::span<const CertificatePayload>,
                                std::int64_t) {
  // A certificate that comes along is of no interest: the key is known.
  if (!is_method(auth, AuthMethod::kDigitalSignature)) {
    return failure(wrong_method(auth, "its public key"));
  }
  return verify_raw_key_signature(agreed.key, auth_octets(theirs), auth);
}

Result<void, AuthFailure> check(const SharedKeyAuth& agreed, const AuthInput& theirs,
                                const AuthPayload& auth, std::span<const CertificatePayload>,
                                std::int64_t) {
  if (!is_method(auth, AuthMethod::kSharedKey)) {
    return failure(wrong_method(auth, "a shared key"));
  }
  const Secret expected = shared_key_proof(theirs.prf, agreed.key, auth_octets(theirs));
  if (!equal_in_constant_time(expected.bytes(), auth.data)) {
    return failure(fail(AuthError::kWrongKey, "peer has another shared key"));
  }
  return {};
}

Result<void, AuthFailure> check(const CertificateAuth& agreed, const AuthInput& theirs,
                                const AuthPayload& auth,
                                std::span<const CertificatePayload> certificates,
                                std::int64_t unix_seconds) {
  if (!is_method(auth, AuthMethod::kDigitalSignature)) {
    return failure(wrong_method(auth, "a certificate"));
  }
  return verify_certificate_signature(agreed.store, *theirs.identity, certificates,
                                      auth_octets(theirs), auth, unix_seconds);
}

}  // namespace

std::vector<std::uint8_t> auth_octets(const AuthInput& input) {
  // RFC 7296 section 2.15: ID' is the payload without its generic header.
  const std::uint8_t id_head[4] = {input.identity->type, input.identity->reserved[0],
                                   input.identity->reserved[1], input.identity->reserved[2]};
  const Secret id_mac = prf(input.prf, input.sk_p, {id_head, input.identity->data});
  std::vector<std::uint8_t> octets(input.init_message.begin(), input.init_message.end());
  octets.insert(octets.end(), input.other_nonce.begin(), input.other_nonce.end());
  octets.insert(octets.end(), id_mac.bytes().begin(), id_mac.bytes().end());
  octets.insert(octets.end(), input.intermediate.begin(), input.intermediate.end());
  return octets;
}

Result<AuthPayload, AuthFailure> make_auth(const IkeLocalConfig& local, const PeerAuth& auth,
                                           const AuthInput& ours,
                                           std::span<const SignatureHash> peer_hashes) {
  return std::visit([&](const auto& agreed) { return prove(local, agreed, ours, peer_hashes); },
                    auth);
}

Result<void, AuthFailure> verify_auth(const PeerAuth& auth, const AuthInput& theirs,
                                      const PeerProof& proof, std::int64_t unix_seconds) {
  if (proof.auth == nullptr) {
    return failure(fail(AuthError::kMissing, "peer did not authenticate itself"));
  }
  return std::visit(
      [&](const auto& agreed) {
        return check(agreed, theirs, *proof.auth, proof.certificates, unix_seconds);
      },
      auth);
}

std::vector<CertificatePayload> certificates_to_send(const IkeLocalConfig& local,
                                                     const PeerAuth& auth) {
  std::vector<CertificatePayload> payloads;
  if (!std::holds_alternative<CertificateAuth>(auth)) return payloads;
  for (const Certificate& certificate : local.certificates) {
    const ByteSpan der = certificate.der();
    payloads.push_back({.encoding = kX509Encoding, .data = {der.begin(), der.end()}});
  }
  return payloads;
}

}  // namespace hawser
