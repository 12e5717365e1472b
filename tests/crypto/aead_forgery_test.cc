// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/crypto/aead_batch.h"

namespace hawser::test {
namespace {

using Subject = std::tuple<AeadAlgorithm, AeadProvider>;

class AeadForgery : public ::testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    const auto [algorithm, provider] = GetParam();
    const Octets key = random_octets(generator_, aead_key_size(algorithm));
    aead_ = make(algorithm, key, provider);
  }

  // Opens a batch in which `forge` has changed one packet: that one is refused and zeroed, and its
  // neighbours are not.
  void expect_refused(const AeadBatch& sealed, const AeadBatch& original, std::size_t index,
                      const std::function<void(AeadPacket&)>& forge) {
    AeadBatch batch(sealed);
    forge(batch.packets()[index]);
    // What an earlier batch left there must not count.
    for (AeadPacket& packet : batch.packets()) packet.authentic = packet.size % 2 == 0;
    aead_->open(batch.packets());
    for (std::size_t i = 0; i < batch.packets().size(); ++i) {
      ASSERT_EQ(batch.packets()[i].authentic, i != index) << "packet " << i;
      const Octets expected = i == index ? Octets(original.data(i).size(), 0) : original.data(i);
      ASSERT_EQ(batch.data(i), expected) << "packet " << i;
    }
    ASSERT_TRUE(batch.guards_intact());
  }

  std::mt19937_64 generator_{42};
  std::unique_ptr<Aead> aead_;
};

TEST_P(AeadForgery, EachBitOfAPacketCounts) {
  AeadBatch original = AeadBatch::random(generator_, 5, 90);
  original.add(random_octets(generator_, 33), {}, random_octets(generator_, kAeadNonceSize),
               random_octets(generator_, 12));
  const std::size_t index = original.packets().size() - 1;
  AeadBatch sealed(original);
  aead_->seal(sealed.packets());
  const auto flip_each = [&](std::size_t size, auto octets_of) {
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      ASSERT_NO_FATAL_FAILURE(expect_refused(sealed, original, index,
                                             [&](AeadPacket& packet) {
                                               octets_of(packet)[bit / 8] ^=
                                                   static_cast<std::uint8_t>(1U << (bit % 8));
                                             }))
          << "bit " << bit;
    }
  };
  flip_each(33, [](AeadPacket& packet) { return packet.data; });
  flip_each(kAeadIcvSize, [](AeadPacket& packet) { return packet.icv; });
  flip_each(kAeadNonceSize, [](AeadPacket& packet) { return packet.nonce.data(); });
  flip_each(12, [](AeadPacket& packet) { return packet.aad.data(); });
}

TEST_P(AeadForgery, EachPlaceInABatch) {
  const AeadBatch original = AeadBatch::random(generator_, 130, 1500);
  AeadBatch sealed(original);
  aead_->seal(sealed.packets());
  for (std::size_t index = 0; index < 130; ++index) {
    ASSERT_NO_FATAL_FAILURE(expect_refused(sealed, original, index, [&](AeadPacket& packet) {
      packet.icv[index % kAeadIcvSize] ^= 0x80;
    }));
  }
}

TEST_P(AeadForgery, AadOfAnotherSize) {
  AeadBatch original;
  original.add(random_octets(generator_, 50), {}, random_octets(generator_, kAeadNonceSize),
               Octets(12, 0));
  AeadBatch sealed(original);
  aead_->seal(sealed.packets());
  for (std::uint8_t size = 0; size < 12; ++size) {
    ASSERT_NO_FATAL_FAILURE(
        expect_refused(sealed, original, 0, [&](AeadPacket& packet) { packet.aad_size = size; }));
  }
}

TEST_P(AeadForgery, AnotherKey) {
  const auto [algorithm, provider] = GetParam();
  AeadBatch batch = AeadBatch::random(generator_, 20, 300);
  make(algorithm, random_octets(generator_, aead_key_size(algorithm)), provider)
      ->seal(batch.packets());
  aead_->open(batch.packets());
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_FALSE(batch.packets()[i].authentic);
    EXPECT_EQ(batch.data(i), Octets(batch.data(i).size(), 0));
  }
}

std::string subject_name(const ::testing::TestParamInfo<Subject>& info) {
  std::string name = std::string(aead_name(std::get<0>(info.param))) + "_" +
                     std::string(aead_provider_name(std::get<1>(info.param)));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Subjects, AeadForgery,
                         ::testing::Combine(::testing::ValuesIn(kAlgorithms),
                                            ::testing::ValuesIn(available_providers())),
                         subject_name);

}  // namespace
}  // namespace hawser::test
