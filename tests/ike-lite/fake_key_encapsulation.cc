// SPDX-License-Identifier: Apache-2.0
#include "tests/ike-lite/fake_key_encapsulation.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"
#include "crypto/key_encapsulation.h"

namespace hawser {
namespace {

constexpr std::size_t kSeedSize = 32;

Secret secret_of(ByteSpan public_value, ByteSpan ciphertext) {
  return Secret::copy_of(sha256({public_value.first(kSeedSize), ciphertext.first(kSeedSize)}));
}

std::vector<std::uint8_t> draw(Random& random, std::size_t size) {
  std::vector<std::uint8_t> octets(kSeedSize);
  random.fill(octets);
  octets.resize(size, 0xee);
  return octets;
}

class Fake final : public KeyEncapsulation {
 public:
  explicit Fake(std::vector<std::uint8_t> public_value) : public_value_(std::move(public_value)) {}
  ByteSpan public_value() const override { return public_value_; }
  Result<Secret, KeyExchangeError> decapsulate(ByteSpan ciphertext) const override {
    if (ciphertext.size() != kKeyEncapsulationCiphertextSize) {
      return failure(KeyExchangeError::kBadPublicValue);
    }
    Secret secret = secret_of(public_value_, ciphertext);
    if (fake_key_encapsulation().gives_wrong_secrets) secret.bytes()[0] ^= 1;
    return secret;
  }

 private:
  std::vector<std::uint8_t> public_value_;
};

}  // namespace

FakeKeyEncapsulation& fake_key_encapsulation() {
  static FakeKeyEncapsulation fake;
  return fake;
}

bool key_encapsulation_available() { return fake_key_encapsulation().is_available; }

Result<Encapsulation, KeyExchangeError> encapsulate(ByteSpan public_value, Random& random) {
  if (public_value.size() != kKeyEncapsulationPublicSize ||
      fake_key_encapsulation().refuses_public_values) {
    return failure(KeyExchangeError::kBadPublicValue);
  }
  Encapsulation made{.ciphertext = draw(random, kKeyEncapsulationCiphertextSize)};
  made.shared_secret = secret_of(public_value, made.ciphertext);
  return made;
}

Result<std::unique_ptr<KeyEncapsulation>, KeyExchangeError> KeyEncapsulation::generate(
    Random& random) {
  return std::make_unique<Fake>(draw(random, kKeyEncapsulationPublicSize));
}

}  // namespace hawser
