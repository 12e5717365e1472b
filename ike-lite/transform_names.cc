// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/transform_names.h"

#include <algorithm>

namespace hawser {
namespace {

struct RegistryName {
  TransformType type;
  std::uint16_t id;
  std::string_view name;
};

// What is met on the Internet, from the IANA registry of IKEv2.
constexpr RegistryName kNames[] = {
    {TransformType::kEncryption, 1, "DES"},
    {TransformType::kEncryption, 2, "DES"},
    {TransformType::kEncryption, 3, "3DES"},
    {TransformType::kEncryption, 5, "IDEA"},
    {TransformType::kEncryption, 6, "CAST"},
    {TransformType::kEncryption, 7, "Blowfish"},
    {TransformType::kEncryption, 11, "no encryption"},
    {TransformType::kEncryption, 12, "AES-CBC"},
    {TransformType::kEncryption, 13, "AES-CTR"},
    {TransformType::kEncryption, 14, "AES-CCM-8"},
    {TransformType::kEncryption, 15, "AES-CCM-12"},
    {TransformType::kEncryption, 16, "AES-CCM-16"},
    {TransformType::kEncryption, 18, "AES-GCM-8"},
    {TransformType::kEncryption, 19, "AES-GCM-12"},
    {TransformType::kEncryption, 20, "AES-GCM"},
    {TransformType::kEncryption, 21, "AES-GMAC"},
    {TransformType::kEncryption, 23, "Camellia-CBC"},
    {TransformType::kEncryption, 28, "ChaCha20-Poly1305"},
    {TransformType::kPrf, 1, "HMAC-MD5"},
    {TransformType::kPrf, 2, "HMAC-SHA-1"},
    {TransformType::kPrf, 4, "AES-XCBC"},
    {TransformType::kPrf, 5, "HMAC-SHA-256"},
    {TransformType::kPrf, 6, "HMAC-SHA-384"},
    {TransformType::kPrf, 7, "HMAC-SHA-512"},
    {TransformType::kPrf, 8, "AES-CMAC"},
    {TransformType::kIntegrity, 0, "no integrity algorithm"},
    {TransformType::kIntegrity, 1, "HMAC-MD5-96"},
    {TransformType::kIntegrity, 2, "HMAC-SHA-1-96"},
    {TransformType::kIntegrity, 5, "AES-XCBC-96"},
    {TransformType::kIntegrity, 8, "AES-CMAC-96"},
    {TransformType::kIntegrity, 12, "HMAC-SHA-256-128"},
    {TransformType::kIntegrity, 13, "HMAC-SHA-384-192"},
    {TransformType::kIntegrity, 14, "HMAC-SHA-512-256"},
    {TransformType::kKeyExchange, 0, "no key exchange"},
    {TransformType::kKeyExchange, 1, "MODP-768"},
    {TransformType::kKeyExchange, 2, "MODP-1024"},
    {TransformType::kKeyExchange, 5, "MODP-1536"},
    {TransformType::kKeyExchange, 14, "MODP-2048"},
    {TransformType::kKeyExchange, 15, "MODP-3072"},
    {TransformType::kKeyExchange, 16, "MODP-4096"},
    {TransformType::kKeyExchange, 17, "MODP-6144"},
    {TransformType::kKeyExchange, 18, "MODP-8192"},
    {TransformType::kKeyExchange, 19, "P-256"},
    {TransformType::kKeyExchange, 20, "P-384"},
    {TransformType::kKeyExchange, 21, "P-521"},
    {TransformType::kKeyExchange, 22, "MODP-1024-160"},
    {TransformType::kKeyExchange, 23, "MODP-2048-224"},
    {TransformType::kKeyExchange, 24, "MODP-2048-256"},
    {TransformType::kKeyExchange, 25, "P-192"},
    {TransformType::kKeyExchange, 26, "P-224"},
    {TransformType::kKeyExchange, 28, "brainpool-P256"},
    {TransformType::kKeyExchange, 29, "brainpool-P384"},
    {TransformType::kKeyExchange, 30, "brainpool-P512"},
    {TransformType::kKeyExchange, 31, "x25519"},
    {TransformType::kKeyExchange, 32, "x448"},
    {TransformType::kKeyExchange, 35, "ML-KEM-512"},
    {TransformType::kKeyExchange, 36, "ML-KEM-768"},
    {TransformType::kKeyExchange, 37, "ML-KEM-1024"},
    {TransformType::kSequenceNumbers, 0, "sequence numbers of 32 bits"},
    {TransformType::kSequenceNumbers, 1, "extended sequence numbers"},
    {TransformType::kSequenceNumbers, 2, "sequence numbers without replay protection"},
};

// RFC 9370 section 3: seven types for the same numbers as those of key exchange.
bool is_additional_key_exchange(std::uint8_t type) {
  constexpr auto kFirst = static_cast<std::uint8_t>(TransformType::kAdditionalKeyExchange1);
  return type >= kFirst && type < kFirst + 7;
}

std::string numbered_name(const Transform& transform) {
  const std::string number = std::to_string(transform.id);
  switch (static_cast<TransformType>(transform.type)) {
    case TransformType::kEncryption:
      return "encryption " + number;
    case TransformType::kPrf:
      return "PRF " + number;
    case TransformType::kIntegrity:
      return "integrity algorithm " + number;
    case TransformType::kKeyExchange:
      return "group " + number;
    case TransformType::kSequenceNumbers:
      return "sequence numbers of kind " + number;
    case TransformType::kAdditionalKeyExchange1:
      break;
  }
  return "transform " + number + " of type " + std::to_string(transform.type);
}

}  // namespace

std::string transform_name(const Transform& transform) {
  if (is_additional_key_exchange(transform.type)) {
    Transform group = transform;
    group.type = static_cast<std::uint8_t>(TransformType::kKeyExchange);
    return "additional " + transform_name(group);
  }
  const auto* const found = std::ranges::find_if(kNames, [&](const RegistryName& entry) {
    return static_cast<std::uint8_t>(entry.type) == transform.type && entry.id == transform.id;
  });
  std::string name =
      found == std::end(kNames) ? numbered_name(transform) : std::string(found->name);
  if (transform.key_bits) name += "-" + std::to_string(*transform.key_bits);
  if (transform.has_unknown_attribute) name += " with an unknown attribute";
  return name;
}

std::string_view prf_name(PrfAlgorithm algorithm) {
  switch (algorithm) {
    case PrfAlgorithm::kHmacSha256:
      return "hmac-sha-256";
    case PrfAlgorithm::kHmacSha384:
      return "hmac-sha-384";
    case PrfAlgorithm::kHmacSha512:
      return "hmac-sha-512";
  }
  return "";
}

std::string_view key_exchange_name(KeyExchangeGroup group) {
  switch (group) {
    case KeyExchangeGroup::kX25519:
      return "x25519";
    case KeyExchangeGroup::kP256:
      return "p-256";
  }
  return "";
}

std::string join_names(std::span<const std::string> names, std::string_view last_word) {
  std::string joined;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) joined += i + 1 == names.size() ? " " + std::string(last_word) + " " : ", ";
    joined += names[i];
  }
  return joined;
}

}  // namespace hawser
