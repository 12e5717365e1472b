// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead_message.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

struct Sealed {
  Octets data;
  Octets icv = Octets(kAeadIcvSize);
};

Sealed seal(AeadAlgorithm algorithm, const Octets& key, const Octets& nonce, const Octets& aad,
            Octets plaintext) {
  Sealed sealed{.data = std::move(plaintext)};
  seal_message(algorithm, key, {nonce, aad, sealed.data, sealed.icv});
  return sealed;
}

TEST(AeadMessage, Published) {
  const auto cases = test::read_vectors("aead_published.txt");
  EXPECT_GE(cases.size(), 20U);
  for (const auto& values : cases) {
    SCOPED_TRACE(values.text("name"));
    const AeadAlgorithm algorithm = aead_from_name(values.text("algorithm")).value();
    Sealed sealed = seal(algorithm, values.hex("key"), values.hex("nonce"), values.hex("aad"),
                         values.hex("plaintext"));
    EXPECT_EQ(sealed.data, values.hex("ciphertext"));
    EXPECT_EQ(sealed.icv, values.hex("icv"));
    EXPECT_TRUE(open_message(algorithm, values.hex("key"),
                             {values.hex("nonce"), values.hex("aad"), sealed.data, sealed.icv}));
    EXPECT_EQ(sealed.data, values.hex("plaintext"));
  }
}

TEST(AeadMessage, RefusesEachChangedBit) {
  for (const auto algorithm :
       {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305}) {
    const Octets key(aead_key_size(algorithm), 3);
    const Octets nonce(kAeadNonceSize, 5);
    const Octets aad(32, 7);
    const Sealed good = seal(algorithm, key, nonce, aad, Octets(40, 9));
    const auto refuses = [&](Octets its_aad, Sealed sealed, Octets its_nonce) {
      const bool opened =
          open_message(algorithm, key, {its_nonce, its_aad, sealed.data, sealed.icv});
      return !opened && sealed.data == Octets(40, 0);
    };
    const auto flip = [](Octets octets, std::size_t bit) {
      octets[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      return octets;
    };
    EXPECT_FALSE(refuses(aad, good, nonce));
    for (std::size_t bit = 0; bit < 32 * 8; ++bit) {
      EXPECT_TRUE(refuses(flip(aad, bit), good, nonce)) << bit;
      EXPECT_TRUE(refuses(aad, {flip(good.data, bit), good.icv}, nonce)) << bit;
    }
    for (std::size_t bit = 0; bit < kAeadIcvSize * 8; ++bit) {
      EXPECT_TRUE(refuses(aad, {good.data, flip(good.icv, bit)}, nonce)) << bit;
    }
    for (std::size_t bit = 0; bit < kAeadNonceSize * 8; ++bit) {
      EXPECT_TRUE(refuses(aad, good, flip(nonce, bit))) << bit;
    }
  }
}

}  // namespace
}  // namespace hawser
