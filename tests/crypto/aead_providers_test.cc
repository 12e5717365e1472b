// SPDX-License-Identifier: Apache-2.0
// Providers against each other and batches against single packets.
#include <gtest/gtest.h>

#include "tests/crypto/aead_batch.h"

namespace hawser::test {
namespace {

using Pairing = std::tuple<AeadAlgorithm, AeadProvider, AeadProvider>;

class AeadProviders : public ::testing::TestWithParam<Pairing> {};

void expect_opens_to(AeadBatch& batch, const AeadBatch& original) {
  for (std::size_t i = 0; i < batch.packets().size(); ++i) {
    EXPECT_TRUE(batch.packets()[i].authentic) << "packet " << i;
    EXPECT_EQ(batch.data(i), original.data(i)) << "packet " << i;
  }
  EXPECT_TRUE(batch.guards_intact());
}

// Every size of batch up to more than any library takes at once, and every count below it, so that
// each remainder of the libraries' lanes occurs.
TEST_P(AeadProviders, OneSealsWhatTheOtherOpens) {
  const auto [algorithm, sealer_provider, opener_provider] = GetParam();
  for (std::size_t count = 0; count <= 130; ++count) {
    SCOPED_TRACE("batch (and seed) " + std::to_string(count));
    std::mt19937_64 generator(count);
    const Octets key = random_octets(generator, aead_key_size(algorithm));
    const auto sealer = make(algorithm, key, sealer_provider);
    const auto opener = make(algorithm, key, opener_provider);
    AeadBatch original = AeadBatch::random(generator, count, 1500);
    AeadBatch batch(original);
    sealer->seal(batch.packets());
    opener->open(batch.packets());
    expect_opens_to(batch, original);
    if (HasFailure()) return;
  }
}

TEST_P(AeadProviders, ABatchIsItsPackets) {
  const auto [algorithm, batch_provider, single_provider] = GetParam();
  std::mt19937_64 generator(7);
  const Octets key = random_octets(generator, aead_key_size(algorithm));
  const auto at_once = make(algorithm, key, batch_provider);
  const auto one_by_one = make(algorithm, key, single_provider);
  AeadBatch batch = AeadBatch::random(generator, 1000, 300);
  AeadBatch singles(batch);
  at_once->seal(batch.packets());
  for (AeadPacket& packet : singles.packets()) one_by_one->seal({&packet, 1});
  for (std::size_t i = 0; i < batch.packets().size(); ++i) {
    ASSERT_EQ(batch.data(i), singles.data(i)) << i;
    ASSERT_EQ(batch.icv(i), singles.icv(i)) << i;
  }
}

// A provider may keep something of the last call, such as the direction, in its context.
TEST_P(AeadProviders, SealsAndOpensInTurn) {
  const auto [algorithm, first_provider, second_provider] = GetParam();
  std::mt19937_64 generator(8);
  const Octets key = random_octets(generator, aead_key_size(algorithm));
  const auto first = make(algorithm, key, first_provider);
  const auto second = make(algorithm, key, second_provider);
  for (int i = 0; i < 100; ++i) {
    const AeadBatch original = AeadBatch::random(generator, 3, 200);
    AeadBatch batch(original);
    first->seal(batch.packets());
    second->open(batch.packets());
    expect_opens_to(batch, original);
    second->seal(batch.packets());
    first->open(batch.packets());
    expect_opens_to(batch, original);
  }
}

std::string pairing_name(const ::testing::TestParamInfo<Pairing>& info) {
  std::string name = std::string(aead_name(std::get<0>(info.param))) + "_" +
                     std::string(aead_provider_name(std::get<1>(info.param))) + "_" +
                     std::string(aead_provider_name(std::get<2>(info.param)));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Pairings, AeadProviders,
                         ::testing::Combine(::testing::ValuesIn(kAlgorithms),
                                            ::testing::ValuesIn(available_providers()),
                                            ::testing::ValuesIn(available_providers())),
                         pairing_name);

TEST(AeadProviders, NoDataMayBeNullptr) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    const Octets key(aead_key_size(algorithm), 1);
    for (const AeadProvider provider : available_providers()) {
      const auto aead = make(algorithm, key, provider);
      AeadBatch batch;
      batch.add({}, {}, Octets(kAeadNonceSize, 2), Octets(8, 3));
      batch.packets()[0].data = nullptr;
      aead->seal(batch.packets());
      aead->open(batch.packets());
      EXPECT_TRUE(batch.packets()[0].authentic);
      batch.packets()[0].icv[0] ^= 1;
      aead->open(batch.packets());
      EXPECT_FALSE(batch.packets()[0].authentic);
    }
  }
}

}  // namespace
}  // namespace hawser::test
