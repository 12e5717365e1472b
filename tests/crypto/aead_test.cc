// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <gtest/gtest.h>

#include "tests/crypto/aead_batch.h"
#include "tests/crypto/vector_file.h"

namespace hawser::test {
namespace {

struct AeadCase {
  std::string name;
  AeadAlgorithm algorithm;
  Octets key, nonce, aad, plaintext, ciphertext, icv;
};

std::vector<AeadCase> read_cases(std::string_view file_name) {
  std::vector<AeadCase> cases;
  for (const VectorCase& values : read_vectors(file_name)) {
    Octets plaintext;
    if (values.has("plaintext")) {
      plaintext = values.hex("plaintext");
    } else {
      // The rule of generate_aead.py.
      plaintext.resize(std::stoul(values.text("size")));
      for (std::size_t i = 0; i < plaintext.size(); ++i) {
        plaintext[i] = static_cast<std::uint8_t>(7 * i + plaintext.size());
      }
    }
    cases.push_back({.name = values.text("algorithm") + ", " + values.text("name"),
                     .algorithm = aead_from_name(values.text("algorithm")).value(),
                     .key = values.hex("key"),
                     .nonce = values.hex("nonce"),
                     .aad = values.hex("aad"),
                     .plaintext = std::move(plaintext),
                     .ciphertext = values.hex("ciphertext"),
                     .icv = values.hex("icv")});
  }
  return cases;
}

void expect_case(const AeadCase& expected, AeadProvider provider) {
  SCOPED_TRACE(expected.name);
  const auto aead = make(expected.algorithm, expected.key, provider);
  AeadBatch batch;
  batch.add(expected.plaintext, {}, expected.nonce, expected.aad);
  aead->seal(batch.packets());
  EXPECT_EQ(batch.data(0), expected.ciphertext);
  EXPECT_EQ(batch.icv(0), expected.icv);
  EXPECT_TRUE(batch.guards_intact());

  AeadBatch sealed;
  sealed.add(expected.ciphertext, expected.icv, expected.nonce, expected.aad);
  aead->open(sealed.packets());
  EXPECT_TRUE(sealed.packets()[0].authentic);
  EXPECT_EQ(sealed.data(0), expected.plaintext);
  EXPECT_EQ(sealed.icv(0), expected.icv);
  EXPECT_TRUE(sealed.guards_intact());
}

class AeadVectors : public ::testing::TestWithParam<AeadProvider> {};

TEST_P(AeadVectors, Published) {
  const auto cases = read_cases("aead_published.txt");
  EXPECT_GE(cases.size(), 20U);
  for (const AeadCase& expected : cases) expect_case(expected, GetParam());
}

TEST_P(AeadVectors, EdgeCases) {
  const auto cases = read_cases("aead_edge_cases.txt");
  EXPECT_GE(cases.size(), 200U);
  for (const AeadCase& expected : cases) expect_case(expected, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Providers, AeadVectors, ::testing::ValuesIn(available_providers()),
                         [](const auto& instance) {
                           return instance.param == AeadProvider::kOpenSsl ? "OpenSsl" : "IpsecMb";
                         });

TEST(Aead, NamesAreThoseOfTheConfig) {
  EXPECT_EQ(aead_name(AeadAlgorithm::kAes128Gcm), "aes-128-gcm");
  EXPECT_EQ(aead_name(AeadAlgorithm::kAes256Gcm), "aes-256-gcm");
  EXPECT_EQ(aead_name(AeadAlgorithm::kChaCha20Poly1305), "chacha20-poly1305");
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    EXPECT_EQ(aead_from_name(aead_name(algorithm)), algorithm);
  }
  for (const char* name : {"", "AES-128-GCM", "aes-128", "aes-192-gcm", "aes-128-gcm "}) {
    EXPECT_EQ(aead_from_name(name), std::nullopt) << name;
  }
}

TEST(Aead, TakesKeysOfItsSizeOnly) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    for (const AeadProvider provider : available_providers()) {
      for (std::size_t size = 0; size <= 64; ++size) {
        const auto aead = make_aead(algorithm, Octets(size), provider);
        ASSERT_EQ(aead.has_value(), size == aead_key_size(algorithm)) << size;
        if (!aead.has_value()) {
          EXPECT_EQ(aead.error(), AeadError::kKeySize);
        }
      }
    }
  }
}

TEST(Aead, SaysWhatItIs) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    const Octets key(aead_key_size(algorithm));
    for (const AeadProvider provider : available_providers()) {
      const auto aead = make(algorithm, key, provider);
      EXPECT_EQ(aead->algorithm(), algorithm);
      EXPECT_EQ(aead->provider(), provider);
    }
    const bool has_ipsec_mb = aead_provider_available(AeadProvider::kIpsecMb);
    EXPECT_EQ(make_aead(algorithm, key).value()->provider(),
              has_ipsec_mb ? AeadProvider::kIpsecMb : AeadProvider::kOpenSsl);
    if (!has_ipsec_mb) {
      EXPECT_EQ(make_aead(algorithm, key, AeadProvider::kIpsecMb).error(), AeadError::kUnavailable);
    }
  }
}

}  // namespace
}  // namespace hawser::test
