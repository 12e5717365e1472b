// SPDX-License-Identifier: Apache-2.0
#include "crypto/identity_key.h"
#include "crypto/pem.h"

namespace hawser {

std::optional<IdentityPublicKey> IdentityPublicKey::parse_pem(std::string_view text) {
  const CleanErrorQueue clean;
  const KeyHandle pkey = read_public_key_pem(text);
  IdentityPublicKey key;
  std::size_t size = key.octets.size();
  if (pkey == nullptr || EVP_PKEY_get_id(pkey.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(pkey.get(), key.octets.data(), &size) != 1 ||
      size != key.octets.size()) {
    return std::nullopt;
  }
  return key;
}

std::string IdentityPublicKey::to_pem() const {
  // RFC 8410 section 4: what stands before the key is 12 octets, so these 16 letters.
  const std::string text = to_string();
  return "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA" + text.substr(text.find(':') + 1) +
         "\n-----END PUBLIC KEY-----\n";
}

std::optional<IdentityPrivateKey> IdentityPrivateKey::parse_pem(std::string_view text) {
  const CleanErrorQueue clean;
  const KeyHandle pkey = read_private_key_pem(text);
  Secret seed(std::tuple_size_v<decltype(IdentityPublicKey::octets)>);
  std::size_t size = seed.size();
  if (pkey == nullptr || EVP_PKEY_get_id(pkey.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_private_key(pkey.get(), seed.bytes().data(), &size) != 1 ||
      size != seed.size()) {
    return std::nullopt;
  }
  return IdentityPrivateKey(seed.bytes());
}

}  // namespace hawser
