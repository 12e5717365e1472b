// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_encapsulation.h"

#include <gtest/gtest.h>

#include <vector>

#include "crypto/system_random.h"
#include "tests/crypto/fixed_random.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;
using test::FixedRandom;

Octets octets_of(ByteSpan bytes) { return Octets(bytes.begin(), bytes.end()); }

class MlKem : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!key_encapsulation_available()) GTEST_SKIP() << "OpenSSL here is older than 3.5";
  }
};

TEST_F(MlKem, SecondOpinion) {
  const auto cases = test::read_vectors("ml_kem.txt");
  ASSERT_EQ(cases.size(), 4U);
  for (const auto& values : cases) {
    FixedRandom random(values.hex("seed"));
    const auto key = KeyEncapsulation::generate(random).value();
    EXPECT_EQ(octets_of(key->public_value()), values.hex("public"));
    Octets ciphertext = values.hex("ciphertext");
    EXPECT_EQ(octets_of(key->decapsulate(ciphertext)->bytes()), values.hex("secret"));
    ciphertext.front() ^= 1;
    EXPECT_EQ(octets_of(key->decapsulate(ciphertext)->bytes()), values.hex("secret_of_changed"));
  }
}

TEST_F(MlKem, BothSidesAgree) {
  SystemRandom random;
  for (int round = 0; round < 10; ++round) {
    const auto key = KeyEncapsulation::generate(random).value();
    const Encapsulation made = encapsulate(key->public_value(), random).value();
    EXPECT_EQ(made.shared_secret.size(), 32U);
    EXPECT_TRUE(equal_in_constant_time(made.shared_secret.bytes(),
                                       key->decapsulate(made.ciphertext)->bytes()));
  }
}

TEST_F(MlKem, EqualRandomnessGivesEqualSecrets) {
  FixedRandom seed(Octets(64, 1));
  FixedRandom message(Octets(32, 2));
  const auto key = KeyEncapsulation::generate(seed).value();
  const Encapsulation first = encapsulate(key->public_value(), message).value();
  const Encapsulation second = encapsulate(key->public_value(), message).value();
  EXPECT_EQ(first.ciphertext, second.ciphertext);
  EXPECT_EQ(octets_of(first.shared_secret.bytes()), octets_of(second.shared_secret.bytes()));
}

TEST_F(MlKem, RefusesOtherSizesAndWhatIsNoKey) {
  SystemRandom random;
  const auto key = KeyEncapsulation::generate(random).value();
  Octets public_value = octets_of(key->public_value());
  Octets ciphertext = encapsulate(public_value, random)->ciphertext;
  public_value.push_back(0);
  ciphertext.push_back(0);
  for (std::size_t size = 0; size <= public_value.size(); ++size) {
    EXPECT_EQ(encapsulate(ByteSpan(public_value).first(size), random).has_value(),
              size == kKeyEncapsulationPublicSize);
  }
  for (std::size_t size = 0; size <= ciphertext.size(); ++size) {
    EXPECT_EQ(key->decapsulate(ByteSpan(ciphertext).first(size)).has_value(),
              size == kKeyEncapsulationCiphertextSize);
  }
  // Coefficients of 4095 are not reduced (FIPS 203 section 7.2).
  EXPECT_EQ(encapsulate(Octets(kKeyEncapsulationPublicSize, 0xff), random).error(),
            KeyExchangeError::kBadPublicValue);
}

TEST(KeyEncapsulation, SaysSoWhereThereIsNone) {
  if (key_encapsulation_available()) GTEST_SKIP() << "there is one";
  SystemRandom random;
  EXPECT_EQ(KeyEncapsulation::generate(random).error(), KeyExchangeError::kUnavailable);
  EXPECT_EQ(encapsulate(Octets(kKeyEncapsulationPublicSize), random).error(),
            KeyExchangeError::kUnavailable);
}

}  // namespace
}  // namespace hawser
