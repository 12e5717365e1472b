// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_keys.h"

#include <gtest/gtest.h>

#include "tests/ike-lite/ike_capture.h"

namespace hawser {
namespace {

using test::IkeCapture;
using test::octets_of;

class IkeKeysOfCapture : public ::testing::TestWithParam<const char*> {
 protected:
  const IkeCapture capture_{GetParam()};
  const Bytes ni_ = capture_.hex("ni");
  const Bytes nr_ = capture_.hex("nr");
};

TEST_P(IkeKeysOfCapture, OfTheIkeSa) {
  const IkeKeys keys =
      derive_ike_keys(PrfAlgorithm::kHmacSha256, AeadAlgorithm::kAes256Gcm, capture_.secret("g_ir"),
                      {.initiator = ni_, .responder = nr_}, capture_.spis());
  EXPECT_EQ(octets_of(keys.sk_d), capture_.hex("sk_d"));
  EXPECT_EQ(octets_of(keys.sk_ei), capture_.hex("sk_ei"));
  EXPECT_EQ(octets_of(keys.sk_er), capture_.hex("sk_er"));
  EXPECT_EQ(octets_of(keys.sk_pi), capture_.hex("sk_pi"));
  EXPECT_EQ(octets_of(keys.sk_pr), capture_.hex("sk_pr"));
}

TEST_P(IkeKeysOfCapture, OfTheChildSa) {
  const AeadAlgorithm algorithm = aead_from_name(capture_.text("esp_algorithm")).value();
  const auto pairs = derive_child_keys(capture_.keys(), algorithm, Secret(),
                                       {.initiator = ni_, .responder = nr_}, 1);
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(octets_of(pairs[0].from_initiator), capture_.hex("child_i2r"));
  EXPECT_EQ(octets_of(pairs[0].from_responder), capture_.hex("child_r2i"));
}

INSTANTIATE_TEST_SUITE_P(StrongSwan, IkeKeysOfCapture, ::testing::Values("psk", "raw"),
                         [](const auto& instance) { return std::string(instance.param); });

constexpr AeadAlgorithm kAeads[] = {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm,
                                    AeadAlgorithm::kChaCha20Poly1305};
constexpr PrfAlgorithm kPrfs[] = {PrfAlgorithm::kHmacSha256, PrfAlgorithm::kHmacSha384,
                                  PrfAlgorithm::kHmacSha512};

TEST(IkeKeys, SizesFollowTheAlgorithms) {
  const Bytes nonce(32, 7);
  for (const AeadAlgorithm aead : kAeads) {
    for (const PrfAlgorithm prf : kPrfs) {
      const IkeKeys keys =
          derive_ike_keys(prf, aead, Secret(32), {.initiator = nonce, .responder = nonce}, {});
      EXPECT_TRUE(keys.sk_ei.is_complete());
      EXPECT_TRUE(keys.sk_er.is_complete());
      EXPECT_EQ(keys.sk_d.size(), prf_size(prf));
      EXPECT_EQ(keys.sk_pi.size(), prf_size(prf));
      EXPECT_EQ(keys.sk_pr.size(), prf_size(prf));
    }
  }
}

// RFC 7296 section 2.18, written out: SKEYSEED by the old PRF, the rest by the new one.
TEST(IkeKeys, RekeyUsesBothPrfs) {
  const IkeKeys old = test::made_up_keys(AeadAlgorithm::kAes256Gcm);
  const Bytes ni(32, 8);
  const Bytes nr(40, 9);
  const Secret shared = Secret::copy_of(Bytes(32, 10));
  const IkeSpiPair spis = {IkeSpi(0x0102030405060708), IkeSpi(0x1112131415161718)};
  const IkeKeys keys =
      derive_rekeyed_ike_keys(old, PrfAlgorithm::kHmacSha512, AeadAlgorithm::kChaCha20Poly1305,
                              shared, {.initiator = ni, .responder = nr}, spis);

  const Secret skeyseed =
      prf(PrfAlgorithm::kHmacSha256, old.sk_d.bytes(), {shared.bytes(), ni, nr});
  Bytes seed = ni;
  seed.insert(seed.end(), nr.begin(), nr.end());
  for (unsigned i = 1; i <= 8; ++i) seed.push_back(static_cast<std::uint8_t>(i));
  for (unsigned i = 0x11; i <= 0x18; ++i) seed.push_back(static_cast<std::uint8_t>(i));
  const Secret all = prf_plus(PrfAlgorithm::kHmacSha512, skeyseed.bytes(), seed, 3 * 64 + 2 * 36);
  Bytes joined = octets_of(keys.sk_d);
  for (const Bytes& next : {octets_of(keys.sk_ei), octets_of(keys.sk_er), octets_of(keys.sk_pi),
                            octets_of(keys.sk_pr)}) {
    joined.insert(joined.end(), next.begin(), next.end());
  }
  EXPECT_EQ(joined, octets_of(all));
}

// RFC 8784 section 3: those three and no others.
TEST(IkeKeys, PostQuantumKeyIsMixedIntoThree) {
  const IkeKeys before = test::made_up_keys(AeadAlgorithm::kAes256Gcm);
  IkeKeys after = before.clone();
  const Secret ppk = Secret::copy_of(Bytes(32, 0x77));
  mix_post_quantum_key(after, ppk);
  const auto mixed = [&](const Secret& key) {
    return octets_of(prf_plus(PrfAlgorithm::kHmacSha256, ppk.bytes(), key.bytes(), 32));
  };
  EXPECT_EQ(octets_of(after.sk_d), mixed(before.sk_d));
  EXPECT_EQ(octets_of(after.sk_pi), mixed(before.sk_pi));
  EXPECT_EQ(octets_of(after.sk_pr), mixed(before.sk_pr));
  EXPECT_EQ(octets_of(after.sk_ei), octets_of(before.sk_ei));
  EXPECT_EQ(octets_of(after.sk_er), octets_of(before.sk_er));
}

TEST(IkeKeys, ChildKeysOfASetAreTakenInOrder) {
  const IkeKeys keys = test::made_up_keys(AeadAlgorithm::kAes256Gcm);
  const Bytes ni(32, 8);
  const Bytes nr(32, 9);
  const Secret shared = Secret::copy_of(Bytes(32, 10));
  constexpr unsigned kCount = 16;
  const auto pairs = derive_child_keys(keys, AeadAlgorithm::kAes256Gcm, shared,
                                       {.initiator = ni, .responder = nr}, kCount);
  // KEYMAT = prf+(SK_d, g^ir | Ni | Nr).
  Bytes seed = octets_of(shared);
  seed.insert(seed.end(), ni.begin(), ni.end());
  seed.insert(seed.end(), nr.begin(), nr.end());
  const Bytes material =
      octets_of(prf_plus(PrfAlgorithm::kHmacSha256, keys.sk_d.bytes(), seed, kCount * 72));
  ASSERT_EQ(pairs.size(), kCount);
  Bytes joined;
  for (const ChildKeys& pair : pairs) {
    for (const Bytes& key : {octets_of(pair.from_initiator), octets_of(pair.from_responder)}) {
      joined.insert(joined.end(), key.begin(), key.end());
    }
  }
  EXPECT_EQ(joined, material);
}

}  // namespace
}  // namespace hawser
