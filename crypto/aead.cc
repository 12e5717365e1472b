// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include "crypto/aead_provider.h"

namespace hawser {

std::size_t aead_key_size(AeadAlgorithm algorithm) {
  return algorithm == AeadAlgorithm::kAes128Gcm ? 16 : 32;
}

std::string_view aead_name(AeadAlgorithm algorithm) {
  switch (algorithm) {
    case AeadAlgorithm::kAes128Gcm:
      return "aes-128-gcm";
    case AeadAlgorithm::kAes256Gcm:
      return "aes-256-gcm";
    case AeadAlgorithm::kChaCha20Poly1305:
      return "chacha20-poly1305";
  }
  return "";
}

std::optional<AeadAlgorithm> aead_from_name(std::string_view name) {
  for (const auto algorithm :
       {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305}) {
    if (name == aead_name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

std::string_view aead_provider_name(AeadProvider provider) {
  switch (provider) {
    case AeadProvider::kOpenSsl:
      return "openssl";
    case AeadProvider::kIpsecMb:
      return "ipsec-mb";
  }
  return "";
}

Result<std::unique_ptr<Aead>, AeadError> make_aead(AeadAlgorithm algorithm, ByteSpan key) {
  return make_aead(algorithm, key,
                   ipsec_mb_available() ? AeadProvider::kIpsecMb : AeadProvider::kOpenSsl);
}

Result<std::unique_ptr<Aead>, AeadError> make_aead(AeadAlgorithm algorithm, ByteSpan key,
                                                   AeadProvider provider) {
  if (key.size() != aead_key_size(algorithm)) return failure(AeadError::kKeySize);
  std::unique_ptr<Aead> aead = provider == AeadProvider::kIpsecMb
                                   ? make_ipsec_mb_aead(algorithm, key)
                                   : make_open_ssl_aead(algorithm, key);
  if (aead == nullptr) return failure(AeadError::kUnavailable);
  return aead;
}

bool aead_provider_available(AeadProvider provider) {
  return provider == AeadProvider::kOpenSsl || ipsec_mb_available();
}

}  // namespace hawser
