// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ike-lite/authenticator.h"
#include "tests/crypto/certificate_files.h"
#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

using test::certificate_file;
using test::certificate_octets;
using test::read_certificate;

constexpr std::int64_t kYear2030 = 1893456000;
const std::vector<SignatureHash> kAllHashes = {SignatureHash::kIdentity, SignatureHash::kSha256,
                                               SignatureHash::kSha384, SignatureHash::kSha512};

class CertificateAuthTest : public ::testing::Test {
 protected:
  CertificateAuthTest() {
    auto& store = std::get<CertificateAuth>(agreed_).store;
    EXPECT_TRUE(store.add_trust_anchors(certificate_octets("ca.pem")));
    EXPECT_TRUE(store.add_crls(certificate_octets("ca.crl")));
  }

  // A host that has the certificate and the key of these files and sends them.
  static IkeLocalConfig host(const std::string& certificate, const std::string& key,
                             const std::vector<std::string>& intermediates = {}) {
    IkeLocalConfig local;
    local.certificate_key = std::move(*SigningKey::parse_pem(certificate_file(key)));
    local.certificates.push_back(read_certificate(certificate));
    for (const auto& name : intermediates) local.certificates.push_back(read_certificate(name));
    return local;
  }

  AuthInput input() const {
    return {.init_message = message_,
            .other_nonce = message_,
            .sk_p = message_,
            .identity = &identity_};
  }

  Result<void, AuthFailure> verify(const IkeLocalConfig& local) {
    const auto payload = make_auth(local, agreed_, input(), hashes_);
    EXPECT_TRUE(payload) << payload.error().sentence;
    if (!payload) return failure(payload.error());
    return verify_auth(agreed_, input(),
                       {.auth = &*payload, .certificates = certificates_to_send(local, agreed_)},
                       kYear2030);
  }
  // The sentence, for what must fail that way.
  std::string refusal(const IkeLocalConfig& local, AuthError error) {
    const auto result = verify(local);
    EXPECT_FALSE(result);
    if (result) return {};
    EXPECT_EQ(result.error().error, error) << result.error().sentence;
    return result.error().sentence;
  }

  PeerAuth agreed_ = CertificateAuth();
  std::vector<SignatureHash> hashes_ = kAllHashes;
  IkeIdentity identity_ = *IkeIdentity::parse("gw.lab");
  const Bytes message_ = Bytes(64, 5);
};

TEST_F(CertificateAuthTest, EachKindOfKey) {
  for (const std::string name : {"ed25519", "p256", "p384", "rsa2048"}) {
    const auto verified = verify(host(name, name + ".key"));
    EXPECT_TRUE(verified) << name << ": " << verified.error().sentence;
  }
}

TEST_F(CertificateAuthTest, EachIdentityThatTheCertificateNames) {
  for (const char* name : {"gw.lab", "10.90.3.2", "2001:db8::3:2", "gw@lab.example"}) {
    identity_ = *IkeIdentity::parse(name);
    EXPECT_TRUE(verify(host("ed25519", "ed25519.key"))) << name;
  }
  identity_ = IkeIdentity::from_wire(IdType::kDerDn, read_certificate("ed25519").subject_der());
  EXPECT_TRUE(verify(host("ed25519", "ed25519.key")));
}

TEST_F(CertificateAuthTest, AnotherIdentityIsRefused) {
  for (const char* name : {"other.lab", "10.90.3.3", "gw@other.example", "key:0102"}) {
    identity_ = *IkeIdentity::parse(name);
    refusal(host("ed25519", "ed25519.key"), AuthError::kWrongIdentity);
  }
  identity_ = *IkeIdentity::parse("other.lab");
  EXPECT_EQ(refusal(host("ed25519", "ed25519.key"), AuthError::kWrongIdentity),
            "peer's certificate is for CN=ed25519,O=Lab and not for other.lab");
}

TEST_F(CertificateAuthTest, TheHashIsOneThatThePeerAnnounced) {
  hashes_ = {SignatureHash::kSha384};
  EXPECT_TRUE(verify(host("p256", "p256.key")));
  EXPECT_TRUE(verify(host("rsa2048", "rsa2048.key")));
  EXPECT_EQ(make_auth(host("ed25519", "ed25519.key"), agreed_, input(), hashes_).error().error,
            AuthError::kNoCommonHash);
}

TEST_F(CertificateAuthTest, WhatTheStoreRefuses) {
  for (const char* name : {"expired", "future", "by-other-ca", "sha1", "revoked"}) {
    // The key need not fit: the chain comes first.
    const std::string sentence = refusal(host(name, "ed25519.key"), AuthError::kCertificateRefused);
    EXPECT_TRUE(sentence.starts_with("peer's certificate: ")) << sentence;
  }
}

TEST_F(CertificateAuthTest, TheKeyMustBeTheCertificates) {
  refusal(host("p256", "ed25519.key"), AuthError::kWrongKey);
  refusal(host("ed25519", "p256.key"), AuthError::kWrongKey);
  refusal(host("by-intermediate", "ed25519.key", {"intermediate"}), AuthError::kWrongKey);
}

TEST_F(CertificateAuthTest, WithoutTheIntermediateThereIsNoChain) {
  refusal(host("by-intermediate", "ed25519.key"), AuthError::kCertificateRefused);
}

TEST_F(CertificateAuthTest, WhatComesAsCertificates) {
  const IkeLocalConfig local = host("ed25519", "ed25519.key");
  const auto payload = *make_auth(local, agreed_, input(), kAllHashes);
  const auto verify_with = [&](const std::vector<CertificatePayload>& certificates) {
    const auto result =
        verify_auth(agreed_, input(), {.auth = &payload, .certificates = certificates}, kYear2030);
    return result ? std::nullopt : std::optional(result.error().error);
  };
  const auto good = certificates_to_send(local, agreed_);
  ASSERT_EQ(good.size(), 1u);
  EXPECT_EQ(good[0].encoding, 4);
  EXPECT_EQ(verify_with(good), std::nullopt);
  EXPECT_EQ(verify_with({{.encoding = 12, .data = {1}}, good[0]}), std::nullopt);
  EXPECT_EQ(verify_with({}), AuthError::kCertificateMissing);
  EXPECT_EQ(verify_with({{.encoding = 12, .data = good[0].data}}), AuthError::kCertificateMissing);
  EXPECT_EQ(verify_with({{.data = {0x30, 0x82}}}), AuthError::kCertificateRefused);
  EXPECT_EQ(verify_with(std::vector<CertificatePayload>(8, good[0])), std::nullopt);
  EXPECT_EQ(verify_with(std::vector<CertificatePayload>(9, good[0])),
            AuthError::kCertificateRefused);
}

// SHA-1 and PKCS #1 have identifiers of their own, none of which is taken.
TEST_F(CertificateAuthTest, AnAlgorithmThatIsNotAccepted) {
  const IkeLocalConfig local = host("rsa2048", "rsa2048.key");
  AuthPayload payload = *make_auth(local, agreed_, input(), kAllHashes);
  // sha256WithRSAEncryption.
  const Bytes pkcs1 = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                       0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};
  payload.data = {static_cast<std::uint8_t>(pkcs1.size())};
  payload.data.insert(payload.data.end(), pkcs1.begin(), pkcs1.end());
  payload.data.resize(payload.data.size() + 256);
  const auto certificates = certificates_to_send(local, agreed_);
  const auto result =
      verify_auth(agreed_, input(), {.auth = &payload, .certificates = certificates}, kYear2030);
  EXPECT_EQ(result.error().error, AuthError::kWrongMethod);
  payload.data = {200, 1, 2};
  const auto cut =
      verify_auth(agreed_, input(), {.auth = &payload, .certificates = certificates}, kYear2030);
  EXPECT_EQ(cut.error().error, AuthError::kWrongKey);
}

TEST_F(CertificateAuthTest, CertificatesAreSentOnlyWhereTheyAreAgreed) {
  const IkeLocalConfig local = host("ed25519", "ed25519.key", {"intermediate"});
  EXPECT_EQ(certificates_to_send(local, agreed_).size(), 2u);
  EXPECT_TRUE(certificates_to_send(local, RawKeyAuth()).empty());
  EXPECT_TRUE(certificates_to_send(local, SharedKeyAuth()).empty());
}

}  // namespace
}  // namespace hawser
