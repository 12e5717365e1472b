// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_suite.h"

#include <gtest/gtest.h>

#include "tests/ike-lite/wire_octets.h"

namespace hawser {
namespace {

constexpr auto kGcm = AeadAlgorithm::kAes256Gcm;
constexpr auto kChaCha = AeadAlgorithm::kChaCha20Poly1305;
constexpr auto kX25519 = KeyExchangeGroup::kX25519;
constexpr auto kP256 = KeyExchangeGroup::kP256;

const IkeSuitePolicy kIkePolicy = {.ciphers = {kGcm, kChaCha},
                                   .prfs = {PrfAlgorithm::kHmacSha256, PrfAlgorithm::kHmacSha512},
                                   .groups = {kX25519, kP256}};
const ChildSuitePolicy kChildPolicy = {.ciphers = {kGcm, kChaCha}};
const Bytes kOurSpi = {1, 2, 3, 4};
const Bytes kPeerSpi = {9, 8, 7, 6};

using Transforms = std::vector<Transform>;
Transform encr(std::uint16_t id, std::optional<std::uint16_t> bits = {}) {
  return {.type = 1, .id = id, .key_bits = bits};
}
Transform prf(std::uint16_t id) { return {.type = 2, .id = id}; }
Transform integ(std::uint16_t id) { return {.type = 3, .id = id}; }
Transform ke(std::uint16_t id) { return {.type = 4, .id = id}; }
Transform sn(std::uint16_t id) { return {.type = 5, .id = id}; }

SaPayload ike(std::vector<Transforms> proposals) {
  SaPayload payload;
  for (Transforms& transforms : proposals) {
    payload.proposals.push_back({.number = static_cast<std::uint8_t>(payload.proposals.size() + 1),
                                 .transforms = std::move(transforms)});
  }
  return payload;
}
SaPayload esp(std::vector<Transforms> proposals) {
  SaPayload payload = ike(std::move(proposals));
  for (Proposal& proposal : payload.proposals) {
    proposal.protocol = SecurityProtocol::kEsp;
    proposal.spi = kPeerSpi;
  }
  return payload;
}

// --- what we offer ---

TEST(SuiteOffer, OfAnIkeSa) {
  EXPECT_EQ(offer(kIkePolicy, {}),
            ike({{encr(20, 256), encr(28), prf(5), prf(7), ke(31), ke(19)}}));
  const Bytes spi(8, 3);
  EXPECT_EQ(offer(kIkePolicy, spi).proposals[0].spi, spi);
}

TEST(SuiteOffer, OfTheFirstChildSa) {
  SaPayload expected = esp({{encr(20, 256), encr(28), sn(1), sn(0)}});
  expected.proposals[0].spi = kOurSpi;
  EXPECT_EQ(offer(kChildPolicy, kOurSpi), expected);
}

TEST(SuiteOffer, SequenceNumbers) {
  const auto numbers = [](bool offer_esn, bool prefer_esn) {
    ChildSuitePolicy policy = kChildPolicy;
    policy.ciphers.clear();
    policy.offer_esn = offer_esn;
    policy.prefer_esn = prefer_esn;
    return offer(policy, kOurSpi).proposals[0].transforms;
  };
  EXPECT_EQ(numbers(true, true), (Transforms{sn(1), sn(0)}));
  EXPECT_EQ(numbers(true, false), (Transforms{sn(0), sn(1)}));
  EXPECT_EQ(numbers(false, true), (Transforms{sn(0)}));
}

TEST(SuiteOffer, WithPfsFirstAndWithoutSecondUnlessRequired) {
  ChildSuitePolicy policy = kChildPolicy;
  policy.groups = {kX25519, kP256};
  const SaPayload both = offer(policy, kOurSpi);
  ASSERT_EQ(both.proposals.size(), 2u);
  EXPECT_EQ(both.proposals[0].transforms,
            (Transforms{encr(20, 256), encr(28), ke(31), ke(19), sn(1), sn(0)}));
  EXPECT_EQ(both.proposals[1].transforms, (Transforms{encr(20, 256), encr(28), sn(1), sn(0)}));
  EXPECT_EQ(both.proposals[1].number, 2);
  policy.require_group = true;
  EXPECT_EQ(offer(policy, kOurSpi).proposals.size(), 1u);
}

// --- what we take ---

struct IkeChoice {
  const char* name;
  SaPayload offered;
  std::string expected;  // the suite, or the failure's sentence
};
void PrintTo(const IkeChoice& choice, std::ostream* out) { *out << choice.name; }

class IkeSuiteChoice : public ::testing::TestWithParam<IkeChoice> {};

TEST_P(IkeSuiteChoice, Is) {
  const auto chosen = choose(kIkePolicy, GetParam().offered, {});
  EXPECT_EQ(chosen ? chosen->suite.to_string() : chosen.error(), GetParam().expected);
}

const Transforms kGood = {encr(20, 256), prf(5), ke(31)};
const char* const kGoodName = "aes-256-gcm, hmac-sha-256, x25519";
Transforms with(Transform more) {
  Transforms transforms = kGood;
  transforms.push_back(more);
  return transforms;
}
Transforms replace(Transforms transforms, std::uint8_t type, Transforms by) {
  std::erase_if(transforms, [&](const Transform& transform) { return transform.type == type; });
  transforms.insert(transforms.end(), by.begin(), by.end());
  return transforms;
}
Transform with_unknown_attribute(Transform transform) {
  transform.has_unknown_attribute = true;
  return transform;
}

INSTANTIATE_TEST_SUITE_P(
    Table, IkeSuiteChoice,
    ::testing::Values(
        IkeChoice{"Plain", ike({kGood}), kGoodName},
        IkeChoice{"OurOrderOfTransforms",
                  ike({{encr(28), encr(20, 256), prf(7), prf(5), ke(19), ke(31)}}), kGoodName},
        IkeChoice{"TheirOrderOfProposals", ike({{encr(28), prf(7), ke(19)}, kGood}),
                  "chacha20-poly1305, hmac-sha-512, p-256"},
        IkeChoice{"UnknownIdBesides", ike({{encr(99), encr(20, 256), prf(5), ke(99), ke(31)}}),
                  kGoodName},
        IkeChoice{"NoIntegrityNamed", ike({with(integ(0))}), kGoodName},
        IkeChoice{"AnyIntegrityOrNone", ike({replace(with(integ(12)), 99, {integ(0)})}), kGoodName},
        IkeChoice{"SecondProposalIsGood", ike({{encr(12, 256), prf(2), integ(2), ke(14)}, kGood}),
                  kGoodName},
        // RFC 7296 section 3.3.6: only that proposal, or only that transform.
        IkeChoice{"UnknownTypeInTheFirst", ike({with({.type = 6, .id = 36}), kGood}), kGoodName},
        IkeChoice{"UnknownAttributeInTheFirst",
                  ike({{with_unknown_attribute(encr(20, 256)), encr(28), prf(5), ke(31)}}),
                  "chacha20-poly1305, hmac-sha-256, x25519"},
        IkeChoice{"UnknownTypeOnly", ike({with({.type = 6, .id = 36})}),
                  "peer's proposals demand what Hawser does not know: additional ML-KEM-768"},
        IkeChoice{"SequenceNumbersInIke", ike({with(sn(0))}),
                  "peer's proposals demand what Hawser does not know: sequence numbers of 32 bits"},
        IkeChoice{"GcmWithoutKeyLength", ike({replace(kGood, 1, {encr(20)})}),
                  "peer proposes only AES-GCM; Hawser needs aes-256-gcm or chacha20-poly1305"},
        IkeChoice{"ChaChaWithKeyLength", ike({replace(kGood, 1, {encr(28, 256)})}),
                  "peer proposes only ChaCha20-Poly1305-256; Hawser needs aes-256-gcm or "
                  "chacha20-poly1305"},
        IkeChoice{"KeyLengthOfTheWrongSize", ike({replace(kGood, 1, {encr(20, 128)})}),
                  "peer proposes only AES-GCM-128; Hawser needs aes-256-gcm or "
                  "chacha20-poly1305"},
        IkeChoice{"ModpOnly", ike({replace(kGood, 4, {ke(14), ke(2)})}),
                  "peer proposes only MODP-2048 and MODP-1024; Hawser needs x25519 or p-256"},
        IkeChoice{"NoGroup", ike({replace(kGood, 4, {})}),
                  "peer proposes no key exchange; Hawser needs x25519 or p-256"},
        IkeChoice{"OldEverything", ike({{encr(3), prf(2), integ(2), ke(2)}}),
                  "peer proposes only 3DES; Hawser needs aes-256-gcm or chacha20-poly1305; "
                  "peer proposes only HMAC-SHA-1; Hawser needs hmac-sha-256 or hmac-sha-512; "
                  "peer proposes only HMAC-SHA-1-96; Hawser needs none besides authenticated "
                  "encryption; "
                  "peer proposes only MODP-1024; Hawser needs x25519 or p-256"},
        IkeChoice{"IntegrityDemanded", ike({with(integ(12))}),
                  "peer proposes only HMAC-SHA-256-128; Hawser needs none besides authenticated "
                  "encryption"},
        IkeChoice{"NotAtOnce", ike({replace(kGood, 4, {ke(14)}), replace(kGood, 1, {encr(3)})}),
                  "no proposal of the peer has all at once that Hawser needs"},
        IkeChoice{"Esp", esp({kGood}), "peer proposes no IKE SA"},
        IkeChoice{"Nothing", SaPayload(), "peer proposes no IKE SA"},
        IkeChoice{"ManyNames",
                  ike({replace(kGood, 4,
                               {ke(1), ke(2), ke(5), ke(14), ke(15), ke(16), ke(17), ke(18), ke(22),
                                ke(23), ke(24)})}),
                  "peer proposes only MODP-768, MODP-1024, MODP-1536, MODP-2048, MODP-3072, "
                  "MODP-4096, MODP-6144, MODP-8192 and others; Hawser needs x25519 or p-256"}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(IkeSuiteChoiceAnswer, HasOneTransformOfEachTypeOffered) {
  const auto chosen = choose(
      kIkePolicy,
      ike({{encr(3), prf(2), ke(2)}, {encr(28), encr(20, 256), prf(5), integ(0), ke(31)}}), {});
  ASSERT_TRUE(chosen);
  ASSERT_EQ(chosen->answer.proposals.size(), 1u);
  EXPECT_EQ(chosen->answer.proposals[0],
            (Proposal{.number = 2, .transforms = {encr(20, 256), prf(5), integ(0), ke(31)}}));
}

// RFC 7296 section 3.3.1: SPIs in the proposals of a rekey, none at first.
TEST(IkeSuiteChoiceAnswer, SpisOfARekey) {
  SaPayload offered = ike({kGood});
  offered.proposals[0].spi = Bytes(8, 5);
  const Bytes ours(8, 6);
  const auto chosen = choose(kIkePolicy, offered, ours);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->spi, Bytes(8, 5));
  EXPECT_EQ(chosen->answer.proposals[0].spi, ours);
  EXPECT_FALSE(choose(kIkePolicy, offered, {}));
  EXPECT_FALSE(choose(kIkePolicy, ike({kGood}), ours));
}

// RFC 9370: who knows the additional exchange takes the first proposal, who does not the second.
TEST(SuiteWithMlKem, IsPreferredAndNotDemanded) {
  IkeSuitePolicy policy = kIkePolicy;
  policy.ml_kem = true;
  const SaPayload offered = offer(policy, {});
  ASSERT_EQ(offered.proposals.size(), 2u);
  EXPECT_EQ(offered.proposals[0].transforms.back(), (Transform{.type = 6, .id = 36}));
  EXPECT_EQ(offered.proposals[1].transforms, offer(kIkePolicy, {}).proposals[0].transforms);

  const auto both = choose(policy, offered, {});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->suite.to_string(), "aes-256-gcm, hmac-sha-256, x25519, ml-kem-768");
  EXPECT_EQ(accept_answer(offered, both->answer, policy)->suite, both->suite);

  const auto one = choose(kIkePolicy, offered, {});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->answer.proposals[0].number, 2);
  EXPECT_EQ(one->suite.to_string(), kGoodName);
  EXPECT_FALSE(accept_answer(offered, one->answer, policy)->suite.ml_kem);

  EXPECT_EQ(choose(policy, ike({kGood}), {})->suite.to_string(), kGoodName);
  EXPECT_EQ(choose(policy, ike({with({.type = 6, .id = 0})}), {})->suite.to_string(), kGoodName);
  EXPECT_TRUE(choose(policy, ike({with({.type = 6, .id = 35})}), {})
                  .error()
                  .starts_with("peer proposes only additional ML-KEM-512"));
  EXPECT_FALSE(choose(policy, ike({with({.type = 7, .id = 36})}), {})) << "a second one";
}

struct ChildChoice {
  const char* name;
  ChildSuitePolicy policy;
  SaPayload offered;
  std::string expected;
};
void PrintTo(const ChildChoice& choice, std::ostream* out) { *out << choice.name; }

class ChildSuiteChoice : public ::testing::TestWithParam<ChildChoice> {};

TEST_P(ChildSuiteChoice, Is) {
  const auto chosen = choose(GetParam().policy, GetParam().offered, kOurSpi);
  EXPECT_EQ(chosen ? chosen->suite.to_string() : chosen.error(), GetParam().expected);
  if (!chosen) return;
  EXPECT_EQ(chosen->peer_spi, Spi(0x09080706));
  EXPECT_EQ(chosen->answer.proposals[0].spi, kOurSpi);
}

ChildSuitePolicy child_policy(std::vector<KeyExchangeGroup> groups, bool require_group = false) {
  ChildSuitePolicy policy = kChildPolicy;
  policy.groups = std::move(groups);
  policy.require_group = require_group;
  return policy;
}
ChildSuitePolicy without_esn() {
  ChildSuitePolicy policy = kChildPolicy;
  policy.offer_esn = false;
  return policy;
}
ChildSuitePolicy esn_last() {
  ChildSuitePolicy policy = kChildPolicy;
  policy.prefer_esn = false;
  return policy;
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChildSuiteChoice,
    ::testing::Values(
        ChildChoice{"Plain", kChildPolicy, esp({{encr(20, 256), sn(0)}}), "aes-256-gcm"},
        ChildChoice{"EsnPreferred", kChildPolicy, esp({{encr(20, 256), sn(0), sn(1)}}),
                    "aes-256-gcm, esn"},
        ChildChoice{"EsnLast", esn_last(), esp({{encr(28), sn(1), sn(0)}}), "chacha20-poly1305"},
        ChildChoice{"EsnNotWanted", without_esn(), esp({{encr(28), sn(1)}}),
                    "peer proposes only extended sequence numbers; Hawser needs 32 bits"},
        ChildChoice{"NoReplayProtection", kChildPolicy, esp({{encr(28), sn(2)}}),
                    "peer proposes only sequence numbers without replay protection; Hawser needs "
                    "extended or 32 bits"},
        ChildChoice{"SequenceNumbersMissing", kChildPolicy, esp({{encr(28)}}),
                    "peer proposes no sequence numbers; Hawser needs extended or 32 bits"},
        ChildChoice{"PrfInEsp", kChildPolicy, esp({{encr(28), prf(5), sn(0)}}),
                    "peer's proposals demand what Hawser does not know: HMAC-SHA-256"},
        ChildChoice{"OldCipher", kChildPolicy, esp({{encr(12, 256), integ(12), sn(0)}}),
                    "peer proposes only AES-CBC-256; Hawser needs aes-256-gcm or "
                    "chacha20-poly1305; peer proposes only HMAC-SHA-256-128; Hawser needs none "
                    "besides authenticated encryption"},
        // RFC 7296 section 1.2: no key exchange in IKE_AUTH, but NONE may stand there.
        ChildChoice{"GroupInIkeAuth", kChildPolicy, esp({{encr(28), ke(31), sn(0)}}),
                    "peer proposes only x25519; Hawser needs none"},
        ChildChoice{"GroupOrNoneInIkeAuth", kChildPolicy, esp({{encr(28), ke(31), ke(0), sn(0)}}),
                    "chacha20-poly1305"},
        ChildChoice{"Pfs", child_policy({kX25519, kP256}), esp({{encr(28), ke(19), sn(0)}}),
                    "chacha20-poly1305, p-256"},
        ChildChoice{"PfsRatherThanNone", child_policy({kX25519}),
                    esp({{encr(28), ke(0), ke(31), sn(0)}}), "chacha20-poly1305, x25519"},
        ChildChoice{"WithoutPfs", child_policy({kX25519}), esp({{encr(28), sn(0)}}),
                    "chacha20-poly1305"},
        ChildChoice{"PfsRequired", child_policy({kX25519}, true), esp({{encr(28), sn(0)}}),
                    "peer proposes no key exchange; Hawser needs x25519"},
        ChildChoice{"PfsRequiredAndInTheSecond", child_policy({kX25519}, true),
                    esp({{encr(28), sn(0)}, {encr(28), ke(31), sn(0)}}),
                    "chacha20-poly1305, x25519"},
        ChildChoice{"Ike", kChildPolicy, ike({{encr(28), sn(0)}}), "peer proposes no ESP SA"}),
    [](const auto& instance) { return std::string(instance.param.name); });

// --- what we believe of an answer ---

TEST(SuiteAnswer, MustBeOneOfOurProposals) {
  const SaPayload offered = offer(kIkePolicy, {});
  const auto accepted = [&](std::vector<Transforms> answer) {
    return accept_answer(offered, ike(std::move(answer)), kIkePolicy).has_value();
  };
  EXPECT_TRUE(accepted({{encr(28), prf(7), ke(19)}}));
  EXPECT_TRUE(accepted({{ke(31), prf(5), encr(20, 256)}})) << "in any order";
  EXPECT_FALSE(accepted({})) << "none";
  EXPECT_FALSE(accepted({kGood, kGood})) << "two";
  EXPECT_FALSE(accepted({{encr(20, 128), prf(5), ke(31)}})) << "a changed attribute";
  EXPECT_FALSE(accepted({{encr(3), prf(5), ke(31)}})) << "not offered";
  EXPECT_FALSE(accepted({{encr(28), encr(20, 256), prf(5), ke(31)}})) << "two of a type";
  EXPECT_FALSE(accepted({{encr(28), prf(5)}})) << "none of a type";
  EXPECT_FALSE(accepted({with(integ(0))})) << "a type that was not offered";

  SaPayload answer = ike({kGood});
  answer.proposals[0].number = 2;
  EXPECT_FALSE(accept_answer(offered, answer, kIkePolicy)) << "another number";
  answer = ike({kGood});
  answer.proposals[0].spi = Bytes(8);
  EXPECT_FALSE(accept_answer(offered, answer, kIkePolicy)) << "an SPI";
  answer = esp({kGood});
  EXPECT_FALSE(accept_answer(offered, answer, kIkePolicy)) << "another protocol";
}

TEST(SuiteAnswer, OfAChildSa) {
  const ChildSuitePolicy policy = child_policy({kX25519});
  const SaPayload offered = offer(policy, kOurSpi);
  SaPayload answer = esp({{encr(28), ke(31), sn(1)}});
  const auto with_group = accept_answer(offered, answer, policy);
  ASSERT_TRUE(with_group);
  EXPECT_EQ(with_group->suite, (ChildSuite{.encryption = kChaCha, .esn = true, .group = kX25519}));
  EXPECT_EQ(with_group->peer_spi, Spi(0x09080706));

  answer = esp({{encr(20, 256), sn(0)}});
  EXPECT_FALSE(accept_answer(offered, answer, policy)) << "the first proposal has a group";
  answer.proposals[0].number = 2;
  const auto without = accept_answer(offered, answer, policy);
  ASSERT_TRUE(without);
  EXPECT_EQ(without->suite, (ChildSuite{.encryption = kGcm, .esn = false}));
}

// Two Hawsers with any policies agree on something that both offer, or on nothing.
TEST(SuiteAnswer, OfOurOwnChoiceIsAccepted) {
  const std::vector<std::vector<AeadAlgorithm>> ciphers = {
      {kGcm}, {kChaCha}, {kGcm, kChaCha}, {kChaCha, kGcm}, {AeadAlgorithm::kAes128Gcm}};
  const std::vector<std::vector<KeyExchangeGroup>> groups = {
      {}, {kX25519}, {kP256}, {kX25519, kP256}, {kP256, kX25519}};
  unsigned agreed = 0;
  for (const auto& our_ciphers : ciphers) {
    for (const auto& their_ciphers : ciphers) {
      for (const auto& our_groups : groups) {
        for (const auto& their_groups : groups) {
          const ChildSuitePolicy ours = {.ciphers = our_ciphers, .groups = our_groups};
          const ChildSuitePolicy theirs = {.ciphers = their_ciphers, .groups = their_groups};
          const SaPayload offered = offer(ours, kOurSpi);
          const auto chosen = choose(theirs, offered, kPeerSpi);
          if (!chosen) continue;
          const auto accepted = accept_answer(offered, chosen->answer, ours);
          ASSERT_TRUE(accepted) << accepted.error();
          EXPECT_EQ(accepted->suite, chosen->suite);
          ++agreed;
        }
      }
    }
  }
  EXPECT_EQ(agreed, 15u * 25u);
}

TEST(GroupNumbers, BackAndForth) {
  EXPECT_EQ(wire_id(kX25519), 31);
  EXPECT_EQ(wire_id(kP256), 19);
  EXPECT_EQ(group_from_wire(31), kX25519);
  EXPECT_EQ(group_from_wire(19), kP256);
  EXPECT_EQ(group_from_wire(0), std::nullopt);
  EXPECT_EQ(group_from_wire(14), std::nullopt);
}

}  // namespace
}  // namespace hawser
