// SPDX-License-Identifier: Apache-2.0
#include "crypto/identity_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "crypto/system_random.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

// Gives what it was told to.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::vector<std::uint8_t> octets) : octets_(std::move(octets)) {}
  void fill(MutableByteSpan bytes) override {
    ASSERT_EQ(bytes.size(), octets_.size());
    std::copy(octets_.begin(), octets_.end(), bytes.begin());
  }

 private:
  std::vector<std::uint8_t> octets_;
};

std::string text_of(const IdentityPrivateKey& key) {
  const Secret text = key.to_text();
  return std::string(text.bytes().begin(), text.bytes().end());
}

TEST(IdentityKey, PublicKeysOfRfc8032) {
  const auto cases = test::read_vectors("ed25519_published.txt");
  ASSERT_EQ(cases.size(), 3U);
  for (const auto& values : cases) {
    FixedRandom random(values.hex("seed"));
    const IdentityPublicKey key = IdentityPrivateKey::generate(random).public_key();
    EXPECT_EQ(std::vector(key.octets.begin(), key.octets.end()), values.hex("public"));
  }
}

TEST(IdentityKey, TextIsPrefixAndBase64) {
  std::vector<std::uint8_t> octets(32);
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::uint8_t>(0xe0 + i);
  FixedRandom random(octets);
  EXPECT_EQ(text_of(IdentityPrivateKey::generate(random)),
            "ed25519-private:4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8=");
  IdentityPublicKey key;
  std::copy(octets.begin(), octets.end(), key.octets.begin());
  EXPECT_EQ(key.to_string(), "ed25519:4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8=");
}

TEST(IdentityKey, RoundTrip) {
  SystemRandom random;
  for (int i = 0; i < 100; ++i) {
    const IdentityPrivateKey key = IdentityPrivateKey::generate(random);
    const auto again = IdentityPrivateKey::parse(text_of(key));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(text_of(*again), text_of(key));
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_EQ(IdentityPublicKey::parse(key.public_key().to_string()), key.public_key());
  }
}

constexpr const char* kPublic = "ed25519:4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8=";
constexpr const char* kPrivate = "ed25519-private:4OHi4+Tl5ufo6err7O3u7/Dx8vP09fb3+Pn6+/z9/v8=";

TEST(IdentityKey, RefusesEveryTruncationAndExtension) {
  const std::string public_text = kPublic;
  const std::string private_text = kPrivate;
  ASSERT_TRUE(IdentityPublicKey::parse(public_text).has_value());
  ASSERT_TRUE(IdentityPrivateKey::parse(private_text).has_value());
  for (std::size_t size = 0; size < public_text.size(); ++size) {
    EXPECT_FALSE(IdentityPublicKey::parse(public_text.substr(0, size)).has_value()) << size;
  }
  for (std::size_t size = 0; size < private_text.size(); ++size) {
    EXPECT_FALSE(IdentityPrivateKey::parse(private_text.substr(0, size)).has_value()) << size;
  }
  for (const std::string& tail : {std::string("="), std::string("AAAA"), std::string(1, 0)}) {
    EXPECT_FALSE(IdentityPublicKey::parse(public_text + tail).has_value());
    EXPECT_FALSE(IdentityPrivateKey::parse(private_text + tail).has_value());
  }
}

TEST(IdentityKey, RefusesWhatItWouldNotWrite) {
  const std::string good = kPublic;
  const auto with = [&](std::size_t index, char character) {
    std::string text = good;
    text[index] = character;
    return text;
  };
  EXPECT_FALSE(IdentityPublicKey::parse(kPrivate).has_value());
  EXPECT_FALSE(IdentityPrivateKey::parse(kPublic).has_value());
  EXPECT_FALSE(IdentityPublicKey::parse(with(0, 'E')).has_value());
  EXPECT_FALSE(IdentityPublicKey::parse(with(7, ';')).has_value());
  for (const char character : {' ', '-', '_', '=', '\n', '\0', '\x80'}) {
    EXPECT_FALSE(IdentityPublicKey::parse(with(20, character)).has_value()) << character;
  }
  // The last character before the padding stands for 4 bits only.
  EXPECT_FALSE(IdentityPublicKey::parse(with(good.size() - 2, '9')).has_value());
  EXPECT_FALSE(IdentityPublicKey::parse(with(good.size() - 1, 'A')).has_value());
  EXPECT_FALSE(IdentityPublicKey::parse(" " + good).has_value());
}

TEST(IdentityKey, PrivateKeyMayStandInWhiteSpace) {
  EXPECT_TRUE(IdentityPrivateKey::parse(std::string(" \t") + kPrivate + "\r\n\n").has_value());
  EXPECT_FALSE(IdentityPrivateKey::parse(" \n").has_value());
  EXPECT_FALSE(IdentityPrivateKey::parse(std::string(kPrivate) + "\n" + kPrivate).has_value());
}

}  // namespace
}  // namespace hawser
