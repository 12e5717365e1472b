// SPDX-License-Identifier: Apache-2.0
#include "crypto/signing_key.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "crypto/pem.h"
#include "crypto/public_key.h"

namespace hawser {

void SigningKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Result<SigningKey, CertificateError> SigningKey::parse_pem(std::string_view text) {
  const CleanErrorQueue clean;
  if (auto key = IdentityPrivateKey::parse_pem(text)) return SigningKey(std::move(*key));
  Handle key(read_private_key_pem(text).release());
  if (key == nullptr) {
    return failure(CertificateError{CertificateFault::kUnreadable,
                                    "no private key in PEM, or an encrypted one"});
  }
  if (schemes_of(key.get()).empty()) {
    return failure(CertificateError{CertificateFault::kUnsupported,
                                    description_of(key.get()) +
                                        " is not accepted: Ed25519, EC on P-256 or P-384, or RSA "
                                        "from 2048 to 8192 bits"});
  }
  return SigningKey(std::move(key));
}

std::span<const SignatureScheme> SigningKey::schemes() const {
  static constexpr std::array kEd25519 = {SignatureScheme::kEd25519};
  const Handle* const key = std::get_if<Handle>(&key_);
  return key == nullptr ? std::span<const SignatureScheme>(kEd25519) : schemes_of(key->get());
}

std::optional<std::vector<std::uint8_t>> SigningKey::sign(SignatureScheme scheme,
                                                          ByteSpan message) const {
  assert(std::ranges::find(schemes(), scheme) != schemes().end());
  if (const auto* const key = std::get_if<IdentityPrivateKey>(&key_)) {
    const IdentitySignature signature = key->sign(message);
    return std::vector(signature.begin(), signature.end());
  }
  const CleanErrorQueue clean;
  EVP_PKEY* const key = std::get<Handle>(key_).get();
  const DigestContext context(EVP_MD_CTX_new());
  std::vector<std::uint8_t> signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = signature.size();
  if (!begin_signature(EVP_DigestSignInit, context.get(), scheme, key) ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return std::nullopt;
  }
  signature.resize(size);
  return signature;
}

bool SigningKey::belongs_to(const Certificate& certificate) const {
  if (const auto* const key = std::get_if<IdentityPrivateKey>(&key_)) {
    return certificate.ed25519_key() == key->public_key();
  }
  const CleanErrorQueue clean;
  const EVP_PKEY* const other = X509_get0_pubkey(certificate.handle_.get());
  return other != nullptr && EVP_PKEY_eq(std::get<Handle>(key_).get(), other) == 1;
}

}  // namespace hawser
