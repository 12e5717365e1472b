// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_exchange.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/system_random.h"
#include "tests/crypto/fixed_random.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;
using test::FixedRandom;

constexpr KeyExchangeGroup kGroups[] = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256};

Octets octets_of(ByteSpan bytes) { return Octets(bytes.begin(), bytes.end()); }

std::unique_ptr<KeyExchange> with_private(KeyExchangeGroup group, const Octets& octets) {
  FixedRandom random(octets);
  return KeyExchange::generate(group, random).value();
}

TEST(KeyExchange, Published) {
  const auto cases = test::read_vectors("key_exchange_published.txt");
  ASSERT_EQ(cases.size(), 2U);
  for (const auto& values : cases) {
    SCOPED_TRACE(values.text("name"));
    const KeyExchangeGroup group =
        values.text("group") == "x25519" ? KeyExchangeGroup::kX25519 : KeyExchangeGroup::kP256;
    const auto i = with_private(group, values.hex("private_i"));
    const auto r = with_private(group, values.hex("private_r"));
    EXPECT_EQ(octets_of(i->public_value()), values.hex("public_i"));
    EXPECT_EQ(octets_of(r->public_value()), values.hex("public_r"));
    EXPECT_EQ(octets_of(i->shared_secret(r->public_value()).value().bytes()), values.hex("secret"));
    EXPECT_EQ(octets_of(r->shared_secret(i->public_value()).value().bytes()), values.hex("secret"));
  }
}

TEST(KeyExchange, BothSidesAgree) {
  SystemRandom random;
  for (const KeyExchangeGroup group : kGroups) {
    for (int round = 0; round < 20; ++round) {
      const auto i = KeyExchange::generate(group, random).value();
      const auto r = KeyExchange::generate(group, random).value();
      EXPECT_EQ(i->group(), group);
      EXPECT_EQ(i->public_value().size(), key_exchange_public_size(group));
      EXPECT_NE(octets_of(i->public_value()), octets_of(r->public_value()));
      const Secret secret = i->shared_secret(r->public_value()).value();
      EXPECT_EQ(secret.size(), 32U);
      EXPECT_TRUE(
          equal_in_constant_time(secret.bytes(), r->shared_secret(i->public_value())->bytes()));
    }
  }
}

TEST(KeyExchange, RefusesEveryOtherSize) {
  SystemRandom random;
  for (const KeyExchangeGroup group : kGroups) {
    const auto key = KeyExchange::generate(group, random).value();
    Octets peer = octets_of(KeyExchange::generate(group, random).value()->public_value());
    peer.resize(300);
    for (std::size_t size = 0; size <= peer.size(); ++size) {
      const auto secret = key->shared_secret(ByteSpan(peer).first(size));
      EXPECT_EQ(secret.has_value(), size == key_exchange_public_size(group)) << size;
      if (!secret.has_value()) {
        EXPECT_EQ(secret.error(), KeyExchangeError::kBadPublicValue);
      }
    }
  }
}

// The u coordinates of the points of order 1, 2, 4 and 8, and the same plus the prime: whatever
// the private key is, the secret would be zero.
TEST(KeyExchange, RefusesX25519PointsOfSmallOrder) {
  const char* const points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  SystemRandom random;
  const auto key = KeyExchange::generate(KeyExchangeGroup::kX25519, random).value();
  test::VectorCase values;
  for (const char* const point : points) {
    values.set("point", point);
    EXPECT_EQ(key->shared_secret(values.hex("point")).error(), KeyExchangeError::kBadPublicValue)
        << point;
  }
}

TEST(KeyExchange, RefusesWhatIsNotOnP256) {
  SystemRandom random;
  const auto key = KeyExchange::generate(KeyExchangeGroup::kP256, random).value();
  const Octets good =
      octets_of(KeyExchange::generate(KeyExchangeGroup::kP256, random).value()->public_value());
  ASSERT_TRUE(key->shared_secret(good).has_value());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Octets bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    // A changed x may be that of another point, but not with this y.
    EXPECT_FALSE(key->shared_secret(bad).has_value()) << bit;
  }
  EXPECT_FALSE(key->shared_secret(Octets(64, 0)).has_value());
  EXPECT_FALSE(key->shared_secret(Octets(64, 0xff)).has_value());
}

// The order of P-256's group: the first number that is no private key.
TEST(KeyExchange, DrawsP256ScalarsBelowTheOrder) {
  test::VectorCase values;
  values.set("order", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const Octets order = values.hex("order");
  Octets below = order;
  --below.back();
  for (const Octets& bad : {order, Octets(32, 0), Octets(32, 0xff)}) {
    FixedRandom random(bad);
    EXPECT_EQ(KeyExchange::generate(KeyExchangeGroup::kP256, random).error(),
              KeyExchangeError::kUnavailable);
  }
  EXPECT_NE(with_private(KeyExchangeGroup::kP256, below), nullptr);
}

}  // namespace
}  // namespace hawser
