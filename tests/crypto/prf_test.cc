// SPDX-License-Identifier: Apache-2.0
#include "crypto/prf.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "crypto/digest.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

const std::pair<PrfAlgorithm, const char*> kAlgorithms[] = {
    {PrfAlgorithm::kHmacSha256, "sha256"},
    {PrfAlgorithm::kHmacSha384, "sha384"},
    {PrfAlgorithm::kHmacSha512, "sha512"},
};

PrfAlgorithm algorithm_of(const std::string& name) {
  for (const auto& [algorithm, its_name] : kAlgorithms) {
    if (name == its_name) return algorithm;
  }
  ADD_FAILURE() << "no PRF " << name;
  return PrfAlgorithm::kHmacSha256;
}

Octets octets_of(const Secret& secret) {
  return Octets(secret.bytes().begin(), secret.bytes().end());
}

TEST(Prf, Published) {
  const auto cases = test::read_vectors("hmac_published.txt");
  ASSERT_EQ(cases.size(), 6U);
  for (const auto& values : cases) {
    const Octets key = values.hex("key");
    const Octets message = values.hex("message");
    for (const auto& [algorithm, name] : kAlgorithms) {
      SCOPED_TRACE(values.text("name") + ", " + name);
      EXPECT_EQ(octets_of(prf(algorithm, key, {message})), values.hex(name));
      EXPECT_EQ(prf_size(algorithm), values.hex(name).size());
      for (std::size_t cut = 0; cut <= message.size(); ++cut) {
        const auto parts = ByteSpan(message);
        ASSERT_EQ(octets_of(prf(algorithm, key, {parts.first(cut), {}, parts.subspan(cut)})),
                  values.hex(name));
      }
    }
    const Sha256Digest mac = hmac_sha256(key, {message});
    EXPECT_EQ(Octets(mac.begin(), mac.end()), values.hex("sha256"));
  }
}

TEST(PrfPlus, SecondOpinion) {
  const auto cases = test::read_vectors("prf_plus.txt");
  ASSERT_EQ(cases.size(), 45U);
  for (const auto& values : cases) {
    SCOPED_TRACE(values.text("algorithm") + ", " + values.text("size"));
    const Secret out = prf_plus(algorithm_of(values.text("algorithm")), values.hex("key"),
                                values.hex("seed"), std::stoul(values.text("size")));
    EXPECT_EQ(std::to_string(out.size()), values.text("size"));
    if (values.has("output")) {
      EXPECT_EQ(octets_of(out), values.hex("output"));
    } else {
      const Sha256Digest digest = sha256({out.bytes()});
      EXPECT_EQ(Octets(digest.begin(), digest.end()), values.hex("output_sha256"));
    }
  }
}

TEST(PrfPlus, NothingIsNothing) {
  EXPECT_TRUE(prf_plus(PrfAlgorithm::kHmacSha256, Octets(32), Octets(32), 0).empty());
}

TEST(Prf, AnyThreadMayDerive) {
  const Octets key(32, 7);
  const Octets seed(80, 9);
  const Octets expected = octets_of(prf_plus(PrfAlgorithm::kHmacSha256, key, seed, 168));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        EXPECT_EQ(octets_of(prf_plus(PrfAlgorithm::kHmacSha256, key, seed, 168)), expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace hawser
