// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/secret.h"

namespace hawser {

// An Ed25519 public key (RFC 8032), 32 octets; as text "ed25519:" and base64 (44 characters).
struct IdentityPublicKey {
  std::array<std::uint8_t, 32> octets{};

  static std::optional<IdentityPublicKey> parse(std::string_view text);
  // "-----BEGIN PUBLIC KEY-----", as `openssl pkey -pubout` writes (RFC 8410); Ed25519 only.
  static std::optional<IdentityPublicKey> parse_pem(std::string_view text);
  std::string to_string() const;
  std::string to_pem() const;
  // False for a signature that is not 64 octets, is not in its one canonical form, or would be one
  // of many messages (a key of small order).
  bool verify(ByteSpan message, ByteSpan signature) const;
  friend bool operator==(const IdentityPublicKey&, const IdentityPublicKey&) = default;
};

using IdentitySignature = std::array<std::uint8_t, 64>;

// The Ed25519 private key of a host: its 32-octet seed; as text "ed25519-private:" and base64.
// Const functions may be called by any thread.
class IdentityPrivateKey {
 public:
  static IdentityPrivateKey generate(Random& random);
  // Surrounding white space is ignored.
  static std::optional<IdentityPrivateKey> parse(std::string_view text);
  // "-----BEGIN PRIVATE KEY-----", as `openssl genpkey` writes (PKCS #8, RFC 8410); Ed25519 only,
  // and not encrypted.
  static std::optional<IdentityPrivateKey> parse_pem(std::string_view text);
  IdentityPublicKey public_key() const;
  // PureEdDSA (RFC 8032 section 5.1.6): of the message itself, not of a hash.
  IdentitySignature sign(ByteSpan message) const;
  // Holds the text of the private key: the caller wipes what it copies.
  Secret to_text() const;

 private:
  explicit IdentityPrivateKey(ByteSpan seed);
  // The seed and the public key behind it. To make the public key costs as much as a signature, so
  // it is made once.
  Secret seed_and_public_key_;
};

}  // namespace hawser
