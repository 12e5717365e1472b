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
  std::string to_string() const;
  friend bool operator==(const IdentityPublicKey&, const IdentityPublicKey&) = default;
};

// The Ed25519 private key of a host: its 32-octet seed; as text "ed25519-private:" and base64.
class IdentityPrivateKey {
 public:
  static IdentityPrivateKey generate(Random& random);
  // Surrounding white space is ignored.
  static std::optional<IdentityPrivateKey> parse(std::string_view text);
  IdentityPublicKey public_key() const;
  // Holds the text of the private key: the caller wipes what it copies.
  Secret to_text() const;

 private:
  explicit IdentityPrivateKey(Secret seed) : seed_(static_cast<Secret&&>(seed)) {}
  Secret seed_;
};

}  // namespace hawser
