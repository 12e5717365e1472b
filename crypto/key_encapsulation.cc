// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_encapsulation.h"

#include <openssl/core_names.h>

#include <array>
#include <utility>

#include "crypto/openssl_handle.h"

namespace hawser {
namespace {

constexpr char kAlgorithm[] = "ML-KEM-768";
constexpr std::size_t kSecretSize = 32;
constexpr std::size_t kSeedSize = 64;        // d | z (FIPS 203 section 6.1)
constexpr std::size_t kRandomnessSize = 32;  // m (FIPS 203 section 6.2)

using Params = std::array<OSSL_PARAM, 2>;

Params octets_param(const char* name, const Secret& octets) {
  // OpenSSL only reads what is set.
  auto* const data = const_cast<std::uint8_t*>(octets.bytes().data());
  return {OSSL_PARAM_construct_octet_string(name, data, octets.size()), OSSL_PARAM_construct_end()};
}

Secret draw(Random& random, std::size_t size) {
  Secret octets(size);
  random.fill(octets.bytes());
  return octets;
}

KeyContext context_of(EVP_PKEY* key) {
  return KeyContext(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
}

class OpenSslKeyEncapsulation final : public KeyEncapsulation {
 public:
  OpenSslKeyEncapsulation(KeyHandle key, std::vector<std::uint8_t> public_value)
      : key_(std::move(key)), public_value_(std::move(public_value)) {}

  ByteSpan public_value() const override { return public_value_; }

  Result<Secret, KeyExchangeError> decapsulate(ByteSpan ciphertext) const override {
    const CleanErrorQueue clean;
    if (ciphertext.size() != kKeyEncapsulationCiphertextSize) {
      return failure(KeyExchangeError::kBadPublicValue);
    }
    const KeyContext context = context_of(key_.get());
    Secret secret(kSecretSize);
    std::size_t size = secret.size();
    if (context == nullptr || EVP_PKEY_decapsulate_init(context.get(), nullptr) != 1 ||
        EVP_PKEY_decapsulate(context.get(), secret.bytes().data(), &size, ciphertext.data(),
                             ciphertext.size()) != 1 ||
        size != kSecretSize) {
      return failure(KeyExchangeError::kUnavailable);
    }
    return secret;
  }

 private:
  KeyHandle key_;  // in OpenSSL's heap; wiped when it is freed
  std::vector<std::uint8_t> public_value_;
};

KeyHandle generate_key(Random& random) {
  const Secret seed = draw(random, kSeedSize);
  const Params params = octets_param(OSSL_PKEY_PARAM_ML_KEM_SEED, seed);
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kAlgorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_params(context.get(), params.data()) != 1 ||
      EVP_PKEY_generate(context.get(), &key) != 1) {
    return nullptr;
  }
  return KeyHandle(key);
}

}  // namespace

// A provider of the system's configuration may lack what the library has.
bool key_encapsulation_available() {
  const CleanErrorQueue clean;
  return KeyContext(EVP_PKEY_CTX_new_from_name(nullptr, kAlgorithm, nullptr)) != nullptr;
}

Result<Encapsulation, KeyExchangeError> encapsulate(ByteSpan public_value, Random& random) {
  const CleanErrorQueue clean;
  if (!key_encapsulation_available()) return failure(KeyExchangeError::kUnavailable);
  if (public_value.size() != kKeyEncapsulationPublicSize) {
    return failure(KeyExchangeError::kBadPublicValue);
  }
  const KeyHandle key(EVP_PKEY_new_raw_public_key_ex(nullptr, kAlgorithm, nullptr,
                                                     public_value.data(), public_value.size()));
  if (key == nullptr) return failure(KeyExchangeError::kBadPublicValue);
  const Secret randomness = draw(random, kRandomnessSize);
  const Params params = octets_param(OSSL_KEM_PARAM_IKME, randomness);
  const KeyContext context = context_of(key.get());
  Encapsulation result{.ciphertext = std::vector<std::uint8_t>(kKeyEncapsulationCiphertextSize),
                       .shared_secret = Secret(kSecretSize)};
  std::size_t ciphertext_size = result.ciphertext.size();
  std::size_t secret_size = kSecretSize;
  if (context == nullptr || EVP_PKEY_encapsulate_init(context.get(), params.data()) != 1 ||
      EVP_PKEY_encapsulate(context.get(), result.ciphertext.data(), &ciphertext_size,
                           result.shared_secret.bytes().data(), &secret_size) != 1 ||
      ciphertext_size != result.ciphertext.size() || secret_size != kSecretSize) {
    return failure(KeyExchangeError::kUnavailable);
  }
  return result;
}

Result<std::unique_ptr<KeyEncapsulation>, KeyExchangeError> KeyEncapsulation::generate(
    Random& random) {
  const CleanErrorQueue clean;
  if (!key_encapsulation_available()) return failure(KeyExchangeError::kUnavailable);
  KeyHandle key = generate_key(random);
  std::vector<std::uint8_t> public_value(kKeyEncapsulationPublicSize);
  std::size_t size = public_value.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), public_value.data(), &size) != 1 ||
      size != public_value.size()) {
    return failure(KeyExchangeError::kUnavailable);
  }
  return std::unique_ptr<KeyEncapsulation>(
      std::make_unique<OpenSslKeyEncapsulation>(std::move(key), std::move(public_value)));
}

}  // namespace hawser
