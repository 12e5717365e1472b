// SPDX-License-Identifier: Apache-2.0
#include <openssl/obj_mac.h>

#include <array>
#include <cstring>
#include <utility>

#include "crypto/fatal.h"
#include "crypto/key_exchange_group.h"
#include "crypto/openssl_handle.h"

namespace hawser {
namespace {

constexpr std::size_t kCoordinateSize = 32;
constexpr std::size_t kPublicSize = 2 * kCoordinateSize;
// SEC 1 puts an octet before x | y that IKE leaves out (RFC 5903 section 7).
constexpr std::uint8_t kUncompressed = 4;
using EncodedPoint = std::array<std::uint8_t, 1 + kPublicSize>;

// With its table of multiples; read only, so that threads may share it. Never destroyed.
const EC_GROUP* curve() {
  static const EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  if (group == nullptr) die("OpenSSL has no P-256.");
  return group;
}

BigNumberHandle number_of(ByteSpan scalar) {
  BigNumberHandle number(BN_new());
  if (number != nullptr) {
    // Says "secret" to all of OpenSSL that works with it.
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    if (BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), number.get()) == nullptr) {
      return nullptr;
    }
  }
  return number;
}

// `out` = number * base, or number * (the curve's generator) if `base` is nullptr.
bool multiply(const BIGNUM* number, const EC_POINT* base, BN_CTX* context, EncodedPoint& out) {
  const PointHandle product(EC_POINT_new(curve()));
  const bool ok =
      product != nullptr && EC_POINT_mul(curve(), product.get(), base == nullptr ? number : nullptr,
                                         base, base == nullptr ? nullptr : number, context) == 1;
  return ok && EC_POINT_point2oct(curve(), product.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(),
                                  out.size(), context) == out.size();
}

class P256KeyExchange final : public KeyExchange {
 public:
  P256KeyExchange(Secret scalar, const EncodedPoint& public_point)
      : scalar_(std::move(scalar)), public_(public_point) {}

  KeyExchangeGroup group() const override { return KeyExchangeGroup::kP256; }
  ByteSpan public_value() const override { return ByteSpan(public_).subspan(1); }

  Result<Secret, KeyExchangeError> shared_secret(ByteSpan peer_public_value) const override {
    const CleanErrorQueue clean;
    if (peer_public_value.size() != kPublicSize) return failure(KeyExchangeError::kBadPublicValue);
    const BigNumberContext context(BN_CTX_new());
    const PointHandle peer(EC_POINT_new(curve()));
    const BigNumberHandle number = number_of(scalar_.bytes());
    if (context == nullptr || peer == nullptr || number == nullptr) {
      return failure(KeyExchangeError::kUnavailable);
    }
    EncodedPoint encoded{kUncompressed};
    std::memcpy(encoded.data() + 1, peer_public_value.data(), kPublicSize);
    // RFC 6989 section 2.3: the point must be one of the curve, with reduced coordinates; OpenSSL
    // tests both. The order is prime, so that is enough.
    if (EC_POINT_oct2point(curve(), peer.get(), encoded.data(), encoded.size(), context.get()) !=
        1) {
      return failure(KeyExchangeError::kBadPublicValue);
    }
    Secret secret(kCoordinateSize);
    const bool ok = multiply(number.get(), peer.get(), context.get(), encoded);
    if (ok) std::memcpy(secret.bytes().data(), encoded.data() + 1, kCoordinateSize);
    secure_wipe(encoded);
    if (!ok) return failure(KeyExchangeError::kUnavailable);
    return secret;
  }

 private:
  Secret scalar_;
  EncodedPoint public_;
};

// A scalar is drawn again until 0 < scalar < order, so that all are equally likely. Once in 2^32
// times the first is not; the bound is for a broken source of randomness.
constexpr int kMaxDraws = 16;

bool is_scalar(const BIGNUM* number) {
  return !BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(curve())) < 0;
}

}  // namespace

std::unique_ptr<KeyExchange> make_p256_key_exchange(Random& random) {
  Secret scalar(kCoordinateSize);
  BigNumberHandle number;
  for (int draws = 0; number == nullptr || !is_scalar(number.get()); ++draws) {
    if (draws == kMaxDraws) return nullptr;
    random.fill(scalar.bytes());
    number = number_of(scalar.bytes());
  }
  const BigNumberContext context(BN_CTX_new());
  EncodedPoint public_point{};
  if (context == nullptr || !multiply(number.get(), nullptr, context.get(), public_point)) {
    return nullptr;
  }
  return std::make_unique<P256KeyExchange>(std::move(scalar), public_point);
}

}  // namespace hawser
