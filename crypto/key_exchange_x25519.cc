// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include <array>
#include <utility>

#include "crypto/key_exchange_group.h"

namespace hawser {
namespace {

constexpr std::size_t kSize = 32;
static_assert(kSize == crypto_scalarmult_BYTES && kSize == crypto_scalarmult_SCALARBYTES);

class X25519KeyExchange final : public KeyExchange {
 public:
  explicit X25519KeyExchange(Secret scalar) : scalar_(std::move(scalar)) {
    crypto_scalarmult_base(public_.data(), scalar_.bytes().data());
  }

  KeyExchangeGroup group() const override { return KeyExchangeGroup::kX25519; }
  ByteSpan public_value() const override { return public_; }

  Result<Secret, KeyExchangeError> shared_secret(ByteSpan peer_public_value) const override {
    Secret secret(kSize);
    // RFC 7748 section 6.1, RFC 8031 section 2: a secret of zeroes comes from a point of small
    // order; libsodium says so by -1.
    if (peer_public_value.size() != kSize ||
        crypto_scalarmult(secret.bytes().data(), scalar_.bytes().data(),
                          peer_public_value.data()) != 0) {
      return failure(KeyExchangeError::kBadPublicValue);
    }
    return secret;
  }

 private:
  Secret scalar_;  // libsodium clamps it (RFC 7748 section 5)
  std::array<std::uint8_t, kSize> public_{};
};

}  // namespace

std::unique_ptr<KeyExchange> make_x25519_key_exchange(Random& random) {
  Secret scalar(kSize);
  random.fill(scalar.bytes());
  return std::make_unique<X25519KeyExchange>(std::move(scalar));
}

}  // namespace hawser
