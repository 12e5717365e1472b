// SPDX-License-Identifier: Apache-2.0
#include "crypto/signing_key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/crypto/certificate_files.h"

namespace hawser {
namespace {

using test::certificate_file;
using test::read_certificate;
using Octets = std::vector<std::uint8_t>;

SigningKey read_key(const std::string& name) {
  return SigningKey::parse_pem(certificate_file(name + ".key")).value();
}

const char* const kHosts[] = {"ed25519", "p256", "p384", "rsa2048"};

TEST(SigningKey, TheCertificateVerifiesWhatTheKeySigns) {
  const Octets message(100, 7);
  for (const char* const host : kHosts) {
    const SigningKey key = read_key(host);
    const Certificate certificate = read_certificate(host);
    ASSERT_FALSE(key.schemes().empty());
    for (const SignatureScheme scheme : key.schemes()) {
      SCOPED_TRACE(std::string(host) + ", scheme " + std::to_string(static_cast<int>(scheme)));
      const auto signature = key.sign(scheme, message);
      ASSERT_TRUE(signature.has_value());
      EXPECT_TRUE(certificate.verify_signature(scheme, message, *signature));
      Octets changed = *signature;
      changed[changed.size() / 2] ^= 1;
      EXPECT_FALSE(certificate.verify_signature(scheme, message, changed));
    }
  }
}

TEST(SigningKey, KnowsItsCertificate) {
  for (const char* const key : kHosts) {
    for (const char* const certificate : kHosts) {
      EXPECT_EQ(read_key(key).belongs_to(read_certificate(certificate)),
                std::string(key) == certificate);
    }
  }
  EXPECT_TRUE(read_key("rsa2048-traditional").belongs_to(read_certificate("rsa2048")));
  EXPECT_TRUE(read_key("p256-traditional").belongs_to(read_certificate("p256")));
  EXPECT_FALSE(read_key("p256").belongs_to(read_certificate("no-key-usage")));
}

TEST(SigningKey, RefusesOtherKeys) {
  for (const char* const file : {"rsa1024.key", "p521.key"}) {
    const auto key = SigningKey::parse_pem(certificate_file(file));
    ASSERT_FALSE(key.has_value()) << file;
    EXPECT_EQ(key.error().fault, CertificateFault::kUnsupported);
  }
  EXPECT_EQ(SigningKey::parse_pem(certificate_file("rsa1024.key")).error().sentence,
            "an RSA key of 1024 bits is not accepted: Ed25519, EC on P-256 or P-384, or RSA from "
            "2048 to 8192 bits");
  EXPECT_EQ(SigningKey::parse_pem(certificate_file("ca.pem")).error().fault,
            CertificateFault::kUnreadable);
  const std::string good = certificate_file("p256.key");
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    EXPECT_FALSE(SigningKey::parse_pem(good.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace hawser
