// SPDX-License-Identifier: Apache-2.0
#include "crypto/identity_key.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace hawser {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kBase64Size = 44;
constexpr std::string_view kPublicPrefix = "ed25519:";
constexpr std::string_view kPrivatePrefix = "ed25519-private:";
constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";

static_assert(kKeySize == crypto_sign_PUBLICKEYBYTES && kKeySize == crypto_sign_SEEDBYTES);
static_assert(std::tuple_size_v<IdentitySignature> == crypto_sign_BYTES);
static_assert(kBase64Size + 1 ==
              sodium_base64_ENCODED_LEN(kKeySize, sodium_base64_VARIANT_ORIGINAL));

using Base64Text = std::array<char, kBase64Size + 1>;  // with the zero that libsodium writes

Base64Text encode(ByteSpan key) {
  Base64Text text;
  sodium_bin2base64(text.data(), text.size(), key.data(), key.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  return text;
}

// `text` must be the prefix and the 44 characters that encode() gives. Comparing with them is
// needed: libsodium 1.0.18 also takes octets above 127 for letters.
bool decode(std::string_view text, std::string_view prefix, MutableByteSpan key) {
  if (text.size() != prefix.size() + kBase64Size || !text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  std::size_t size = 0;
  if (sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      size != key.size()) {
    return false;
  }
  Base64Text canonical = encode(key);
  const bool is_canonical = sodium_memcmp(canonical.data(), text.data(), text.size()) == 0;
  sodium_memzero(canonical.data(), canonical.size());
  return is_canonical;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

}  // namespace

std::optional<IdentityPublicKey> IdentityPublicKey::parse(std::string_view text) {
  IdentityPublicKey key;
  if (!decode(text, kPublicPrefix, key.octets)) return std::nullopt;
  return key;
}

std::string IdentityPublicKey::to_string() const {
  return std::string(kPublicPrefix) + encode(octets).data();
}

IdentityPrivateKey IdentityPrivateKey::generate(Random& random) {
  Secret seed(kKeySize);
  random.fill(seed.bytes());
  return IdentityPrivateKey(seed.bytes());
}

std::optional<IdentityPrivateKey> IdentityPrivateKey::parse(std::string_view text) {
  Secret seed(kKeySize);
  if (!decode(trim(text), kPrivatePrefix, seed.bytes())) return std::nullopt;
  return IdentityPrivateKey(seed.bytes());
}

IdentityPrivateKey::IdentityPrivateKey(ByteSpan seed)
    : seed_and_public_key_(crypto_sign_SECRETKEYBYTES) {
  IdentityPublicKey key;
  crypto_sign_seed_keypair(key.octets.data(), seed_and_public_key_.bytes().data(), seed.data());
}

IdentityPublicKey IdentityPrivateKey::public_key() const {
  IdentityPublicKey key;
  const ByteSpan octets = seed_and_public_key_.bytes().last(kKeySize);
  std::copy(octets.begin(), octets.end(), key.octets.begin());
  return key;
}

IdentitySignature IdentityPrivateKey::sign(ByteSpan message) const {
  IdentitySignature signature{};
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                       seed_and_public_key_.bytes().data());
  return signature;
}

bool IdentityPublicKey::verify(ByteSpan message, ByteSpan signature) const {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     octets.data()) == 0;
}

Secret IdentityPrivateKey::to_text() const {
  Base64Text text = encode(seed_and_public_key_.bytes().first(kKeySize));
  Secret secret(kPrivatePrefix.size() + kBase64Size);
  std::memcpy(secret.bytes().data(), kPrivatePrefix.data(), kPrivatePrefix.size());
  std::memcpy(secret.bytes().data() + kPrivatePrefix.size(), text.data(), kBase64Size);
  sodium_memzero(text.data(), text.size());
  return secret;
}

}  // namespace hawser
