// SPDX-License-Identifier: Apache-2.0
#include "crypto/identity_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "crypto/system_random.h"
#include "tests/crypto/fixed_random.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using test::FixedRandom;

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

TEST(IdentityKey, SignaturesOfRfc8032) {
  for (const auto& values : test::read_vectors("ed25519_published.txt")) {
    SCOPED_TRACE(values.text("name"));
    FixedRandom random(values.hex("seed"));
    const IdentityPrivateKey key = IdentityPrivateKey::generate(random);
    const auto message = values.hex("message");
    const IdentitySignature signature = key.sign(message);
    EXPECT_EQ(std::vector(signature.begin(), signature.end()), values.hex("signature"));
    EXPECT_TRUE(key.public_key().verify(message, signature));
  }
}

TEST(IdentityKey, RefusesEveryChangeOfASignature) {
  SystemRandom random;
  const IdentityPrivateKey key = IdentityPrivateKey::generate(random);
  const IdentityPublicKey public_key = key.public_key();
  const std::vector<std::uint8_t> message(33, 7);
  const IdentitySignature good = key.sign(message);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    IdentitySignature bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(public_key.verify(message, bad)) << bit;
  }
  std::vector<std::uint8_t> longer(good.begin(), good.end());
  longer.push_back(0);
  for (std::size_t size = 0; size <= longer.size(); ++size) {
    EXPECT_EQ(public_key.verify(message, ByteSpan(longer).first(size)), size == good.size());
  }
  EXPECT_FALSE(public_key.verify(ByteSpan(message).first(32), good));
  EXPECT_FALSE(IdentityPrivateKey::generate(random).public_key().verify(message, good));
}

// RFC 8032 section 5.1.7 wants S below the order; else S plus the order would do as well.
TEST(IdentityKey, RefusesASecondFormOfASignature) {
  SystemRandom random;
  const IdentityPrivateKey key = IdentityPrivateKey::generate(random);
  const std::vector<std::uint8_t> message(20, 1);
  IdentitySignature signature = key.sign(message);
  static constexpr std::uint8_t kOrder[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                              0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                              0,    0,    0,    0,    0,    0,    0,    0,
                                              0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned int carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature[32 + i] + kOrder[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(key.public_key().verify(message, signature));
}

// The neutral point as key and as R, with S = 0, fits every message in the equation alone.
TEST(IdentityKey, RefusesAPublicKeyOfSmallOrder) {
  IdentityPublicKey key;
  key.octets[0] = 1;
  IdentitySignature signature{};
  signature[0] = 1;
  EXPECT_FALSE(key.verify(std::vector<std::uint8_t>{1, 2, 3}, signature));
}

// By `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout`, of the seed of RFC 8032's
// first test.
constexpr std::string_view kPrivatePem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";

TEST(IdentityKey, ReadsPem) {
  const auto key = IdentityPrivateKey::parse_pem(kPrivatePem);
  ASSERT_TRUE(key.has_value());
  const auto values = test::read_vectors("ed25519_published.txt").at(0);
  FixedRandom random(values.hex("seed"));
  EXPECT_EQ(text_of(*key), text_of(IdentityPrivateKey::generate(random)));
  EXPECT_EQ(IdentityPublicKey::parse_pem(kPublicPem), key->public_key());
  EXPECT_EQ(key->public_key().to_pem(), kPublicPem);
}

TEST(IdentityKey, RefusesEveryTruncationOfPem) {
  // The line's end behind the last dash may be missing.
  for (std::size_t size = 0; size + 1 < kPrivatePem.size(); ++size) {
    EXPECT_FALSE(IdentityPrivateKey::parse_pem(kPrivatePem.substr(0, size)).has_value()) << size;
  }
  for (std::size_t size = 0; size + 1 < kPublicPem.size(); ++size) {
    EXPECT_FALSE(IdentityPublicKey::parse_pem(kPublicPem.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(IdentityPrivateKey::parse_pem(kPublicPem).has_value());
  EXPECT_FALSE(IdentityPublicKey::parse_pem(kPrivatePem).has_value());
}

// X25519 by `openssl genpkey`; and Ed25519 with -aes256, at which nobody may be asked for a
// passphrase.
TEST(IdentityKey, RefusesOtherPem) {
  EXPECT_FALSE(IdentityPrivateKey::parse_pem(
                   "-----BEGIN PRIVATE KEY-----\n"
                   "MC4CAQAwBQYDK2VuBCIEIAgGIrridmXWfNg++Zt/Rmc5rRjrpoS8df/mM8MchTF7\n"
                   "-----END PRIVATE KEY-----\n")
                   .has_value());
  EXPECT_FALSE(IdentityPrivateKey::parse_pem(
                   "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                   "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgcdISr91njUwICCAAw\n"
                   "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEPyPMVa3AQVpDuy93KVTkP8EQL/8\n"
                   "CcKnxfK7ssSe8uTKNbpVqTaz00h9yQYKFz2tFNFLHRSImvMRTl6qM4Zj9HJIXe6m\n"
                   "kznQu9EKYCORHY1hPZo=\n"
                   "-----END ENCRYPTED PRIVATE KEY-----\n")
                   .has_value());
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
