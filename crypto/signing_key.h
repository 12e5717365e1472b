// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/identity_key.h"
#include "crypto/signature.h"

struct evp_pkey_st;

namespace hawser {

// The private key that belongs to our certificate: Ed25519, ECDSA or RSA. ECDSA and RSA-PSS draw
// randomness from OpenSSL, so that their signatures differ each time, and these keys lie in
// OpenSSL's heap: wiped in the end, but not locked. Const functions may be called by any thread.
class SigningKey {
 public:
  // PKCS #8, or the older forms of EC and RSA, in PEM; not encrypted.
  static Result<SigningKey, CertificateError> parse_pem(std::string_view text);
  explicit SigningKey(IdentityPrivateKey key) : key_(std::move(key)) {}

  // What this key can do, the best first; never empty.
  std::span<const SignatureScheme> schemes() const;
  // The signature as in AUTH behind signature_algorithm_identifier(). `scheme` is one of schemes();
  // std::nullopt if the library fails.
  std::optional<std::vector<std::uint8_t>> sign(SignatureScheme scheme, ByteSpan message) const;
  // True if the certificate is for the public half.
  bool belongs_to(const Certificate& certificate) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;

  explicit SigningKey(Handle key) : key_(std::move(key)) {}

  std::variant<IdentityPrivateKey, Handle> key_;
};

}  // namespace hawser
