// SPDX-License-Identifier: Apache-2.0
#include "crypto/public_key.h"

#include <openssl/rsa.h>

#include <array>
#include <string_view>

namespace hawser {
namespace {

constexpr int kMinRsaBits = 2048;
// To verify with more costs more than an unauthenticated peer should be able to ask for.
constexpr int kMaxRsaBits = 8192;

constexpr std::array kEd25519 = {SignatureScheme::kEd25519};
constexpr std::array kP256 = {SignatureScheme::kEcdsaSha256, SignatureScheme::kEcdsaSha384,
                              SignatureScheme::kEcdsaSha512};
constexpr std::array kP384 = {SignatureScheme::kEcdsaSha384, SignatureScheme::kEcdsaSha512};
constexpr std::array kRsa = {SignatureScheme::kRsaPssSha256, SignatureScheme::kRsaPssSha384,
                             SignatureScheme::kRsaPssSha512};

std::string curve_of(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return "";
  return std::string(name.data(), size);
}

bool is_rsa(const EVP_PKEY* key) {
  const int id = EVP_PKEY_get_base_id(key);
  return id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS;
}

const EVP_MD* digest_of(SignatureScheme scheme) {
  switch (signature_hash(scheme)) {
    case SignatureHash::kSha256:
      return EVP_sha256();
    case SignatureHash::kSha384:
      return EVP_sha384();
    case SignatureHash::kSha512:
      return EVP_sha512();
    case SignatureHash::kIdentity:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

std::span<const SignatureScheme> schemes_of(const EVP_PKEY* key) {
  if (key == nullptr) return {};
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return kEd25519;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
    const std::string curve = curve_of(key);
    if (curve == "prime256v1") return kP256;
    if (curve == "secp384r1") return kP384;
    return {};
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (is_rsa(key) && bits >= kMinRsaBits && bits <= kMaxRsaBits) return kRsa;
  return {};
}

std::string description_of(const EVP_PKEY* key) {
  if (key == nullptr) return "a key that cannot be read";
  if (is_rsa(key)) return "an RSA key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits";
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
    const std::string curve = curve_of(key);
    return curve.empty() ? "an EC key without a named curve" : "an EC key on " + curve;
  }
  const char* const name = EVP_PKEY_get0_type_name(key);
  return std::string("a key of type ") + (name == nullptr ? "unknown" : name);
}

bool begin_signature(SignatureInit init, EVP_MD_CTX* context, SignatureScheme scheme,
                     EVP_PKEY* key) {
  EVP_PKEY_CTX* key_context = nullptr;  // belongs to `context`
  const EVP_MD* const digest = digest_of(scheme);
  if (context == nullptr || init(context, &key_context, digest, nullptr, key) != 1) return false;
  // RFC 8017 section 9.1: the mask is made with the hash of the message, and the salt is as long.
  return !is_rsa(key) ||
         (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_mgf1_md(key_context, digest) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

}  // namespace hawser
