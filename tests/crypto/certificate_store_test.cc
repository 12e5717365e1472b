// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_store.h"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/crypto/certificate_files.h"
#include "tests/crypto/vector_file.h"

namespace hawser {

void PrintTo(CertificateFault fault, std::ostream* out) { *out << static_cast<int>(fault); }

namespace {

using test::certificate_octets;
using test::read_certificate;

constexpr std::int64_t kYear2030 = 1893456000;

CertificateStore store_with(std::string_view anchors) {
  CertificateStore store;
  EXPECT_TRUE(store.add_trust_anchors(certificate_octets(anchors)).has_value());
  return store;
}

// What is wrong with a certificate in 2030, if anything.
std::optional<CertificateFault> fault_of(const CertificateStore& store, std::string_view leaf,
                                         const std::vector<std::string>& intermediates = {},
                                         std::int64_t time = kYear2030) {
  std::vector<Certificate> others;
  for (const std::string& name : intermediates) others.push_back(read_certificate(name));
  const auto result = store.verify(read_certificate(leaf), others, time);
  if (result.has_value()) return std::nullopt;
  EXPECT_NE(result.error().sentence, "");
  return result.error().fault;
}

struct Row {
  const char* leaf;
  std::vector<std::string> intermediates;
  std::optional<CertificateFault> fault;
};

TEST(CertificateStore, Decides) {
  using enum CertificateFault;
  const Row rows[] = {
      {"ed25519", {}, {}},
      {"p256", {}, {}},
      {"p384", {}, {}},
      {"rsa2048", {}, {}},
      {"no-key-usage", {}, {}},
      {"for-ike", {}, {}},
      {"for-tls", {}, {}},
      {"unknown-noncritical", {}, {}},
      {"name-in-subject", {}, {}},
      {"by-intermediate", {"intermediate"}, {}},
      {"by-intermediate", {"other-ca", "ed25519", "intermediate"}, {}},
      {"within-constraint", {"constrained"}, {}},
      {"by-intermediate", {}, kUntrusted},
      {"by-intermediate", {"no-ca"}, kUntrusted},
      {"too-deep", {"intermediate", "second-intermediate"}, kNotACa},
      {"by-no-ca", {"no-ca"}, kNotACa},
      {"by-old-ca", {"old-ca"}, kNotACa},
      {"by-no-signer", {"no-signer"}, kNotACa},
      {"by-expired-ca", {"expired-ca"}, kExpired},
      {"beyond-constraint", {"constrained"}, kUntrusted},
      {"by-other-ca", {}, kUntrusted},
      {"by-other-ca", {"other-ca"}, kUntrusted},
      {"by-namesake", {"namesake-ca"}, kUntrusted},
      {"other-ca", {}, kUntrusted},
      {"expired", {}, kExpired},
      {"future", {}, kNotYetValid},
      {"sha1", {}, kWeak},
      {"rsa1024", {}, kWeak},
      {"p521", {}, kUnsupported},
      {"unknown-critical", {}, kUnsupported},
      {"encipherment-only", {}, kWrongUse},
      {"for-code", {}, kWrongUse},
      {"ca", {}, kWrongUse},
      {"revoked", {}, {}},
  };
  const CertificateStore store = store_with("ca.pem");
  for (const Row& row : rows)
    EXPECT_EQ(fault_of(store, row.leaf, row.intermediates), row.fault) << row.leaf;
}

TEST(CertificateStore, SaysWhatAndWho) {
  const auto result = store_with("ca.pem").verify(read_certificate("expired"), {}, kYear2030);
  EXPECT_EQ(result.error().sentence, "certificate has expired (CN=expired,O=Lab)");
  const auto weak = store_with("ca.pem").verify(read_certificate("p521"), {}, kYear2030);
  EXPECT_EQ(weak.error().sentence, "an EC key on secp521r1 is not accepted (CN=p521,O=Lab)");
}

TEST(CertificateStore, EmptyTrustsNobody) {
  EXPECT_FALSE(CertificateStore().has_trust_anchors());
  EXPECT_EQ(fault_of(CertificateStore(), "ed25519"), CertificateFault::kUntrusted);
  EXPECT_EQ(fault_of(CertificateStore(), "ed25519", {"ca"}), CertificateFault::kUntrusted);
  EXPECT_EQ(fault_of(CertificateStore(), "ca"), CertificateFault::kUntrusted);
}

TEST(CertificateStore, ValidityIsThatOfTheGivenTime) {
  const CertificateStore store = store_with("ca.pem");
  constexpr std::int64_t kBegin = 1735689600;  // 2025-01-01
  constexpr std::int64_t kEnd = 2366841600;    // 2045-01-01
  EXPECT_EQ(fault_of(store, "ed25519", {}, kBegin - 1), CertificateFault::kNotYetValid);
  EXPECT_EQ(fault_of(store, "ed25519", {}, kBegin), std::nullopt);
  EXPECT_EQ(fault_of(store, "ed25519", {}, kEnd - 1), std::nullopt);
  EXPECT_EQ(fault_of(store, "ed25519", {}, kEnd + 1), CertificateFault::kExpired);
  EXPECT_EQ(fault_of(store, "ed25519", {}, 0), CertificateFault::kNotYetValid);
}

TEST(CertificateStore, AnAnchorNeedNotBeARoot) {
  EXPECT_EQ(fault_of(store_with("intermediate.pem"), "by-intermediate"), std::nullopt);
  EXPECT_EQ(fault_of(store_with("intermediate.pem"), "ed25519"), CertificateFault::kUntrusted);
  EXPECT_EQ(fault_of(store_with("ed25519.pem"), "ed25519"), std::nullopt);
  EXPECT_EQ(fault_of(store_with("ed25519.pem"), "p256"), CertificateFault::kUntrusted);
}

CertificateStore store_with_crl(std::string_view crl) {
  CertificateStore store = store_with("ca.pem");
  EXPECT_TRUE(store.add_crls(certificate_octets(crl)).has_value());
  return store;
}

TEST(CertificateStore, ACrlRevokes) {
  const CertificateStore store = store_with_crl("ca.crl");
  EXPECT_EQ(fault_of(store, "ed25519"), std::nullopt);
  EXPECT_EQ(fault_of(store, "revoked"), CertificateFault::kRevoked);
  // The intermediate CA has no CRL here.
  EXPECT_EQ(fault_of(store, "by-intermediate", {"intermediate"}), std::nullopt);
  EXPECT_EQ(fault_of(store_with_crl("empty.crl"), "revoked"), std::nullopt);
}

TEST(CertificateStore, ACrlOfAnotherIssuerIsNotAsked) {
  EXPECT_EQ(fault_of(store_with_crl("other-ca.crl"), "ed25519"), std::nullopt);
}

TEST(CertificateStore, AnOldCrlRevokesAll) {
  EXPECT_EQ(fault_of(store_with_crl("stale.crl"), "ed25519"), CertificateFault::kNoRevocation);
}

// By its name it is the CA's, by its signature and key identifier it is not.
TEST(CertificateStore, AForgedCrlRevokesNobody) {
  EXPECT_EQ(fault_of(store_with_crl("forged.crl"), "ed25519"), std::nullopt);
}

TEST(CertificateStore, RefusesFilesOfSomethingElse) {
  CertificateStore store;
  for (const char* const file : {"ca.crl", "ed25519.key", "ca-key-hash.txt"}) {
    EXPECT_EQ(store.add_trust_anchors(certificate_octets(file)).error().fault,
              CertificateFault::kUnreadable);
  }
  for (const char* const file : {"ca.pem", "ed25519.key", "ca-key-hash.txt"}) {
    EXPECT_EQ(store.add_crls(certificate_octets(file)).error().fault,
              CertificateFault::kUnreadable);
  }
  EXPECT_FALSE(store.add_trust_anchors({}).has_value());
  EXPECT_FALSE(store.add_crls({}).has_value());
  const auto crl = certificate_octets("ca.crl");
  for (std::size_t size = 0; size + 1 < crl.size(); ++size) {
    EXPECT_FALSE(store.add_crls(ByteSpan(crl).first(size)).has_value()) << size;
  }
  EXPECT_FALSE(store.has_trust_anchors());
}

TEST(CertificateStore, NamesItsAnchorsByTheirKeys) {
  const CertificateStore store = store_with("ca.pem");
  ASSERT_EQ(store.anchor_key_hashes().size(), 1U);
  const Sha1Digest& hash = store.anchor_key_hashes().front();
  EXPECT_EQ(std::vector<std::uint8_t>(hash.begin(), hash.end()),
            test::read_vectors("certificates/ca-key-hash.txt").at(0).hex("sha1"));
}

}  // namespace
}  // namespace hawser
