// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "tests/crypto/certificate_files.h"
#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using test::bytes_of;
using test::certificate_file;
using test::certificate_octets;
using test::read_certificate;
using Octets = std::vector<std::uint8_t>;

TEST(Certificate, ReadsPemAndDer) {
  const Certificate certificate = read_certificate("ed25519");
  EXPECT_EQ(certificate.subject(), "CN=ed25519,O=Lab");
  const auto again = Certificate::parse_der(certificate.der());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->subject(), certificate.subject());
  EXPECT_EQ(Octets(again->der().begin(), again->der().end()),
            Octets(certificate.der().begin(), certificate.der().end()));
  EXPECT_EQ(Certificate::parse_file(certificate.der())->size(), 1U);
  EXPECT_EQ(Certificate::parse_file(certificate_octets("ed25519.pem"))->size(), 1U);
  EXPECT_EQ(certificate.share().subject(), certificate.subject());
}

TEST(Certificate, ReadsAllOfAFileAndNothingElse) {
  const std::string file = "a line\n" + certificate_file("ed25519.pem") +
                           certificate_file("ed25519.key") + certificate_file("ca.pem");
  const auto certificates = Certificate::parse_pem(file);
  ASSERT_TRUE(certificates.has_value());
  ASSERT_EQ(certificates->size(), 2U);
  EXPECT_EQ((*certificates)[1].subject(), "CN=ca,O=Lab");
}

TEST(Certificate, RefusesEveryTruncationAndExtension) {
  const Certificate certificate = read_certificate("ed25519");
  Octets longer(certificate.der().begin(), certificate.der().end());
  for (std::size_t size = 0; size < longer.size(); ++size) {
    const auto parsed = Certificate::parse_der(ByteSpan(longer).first(size));
    ASSERT_FALSE(parsed.has_value()) << size;
    EXPECT_EQ(parsed.error().fault, CertificateFault::kUnreadable);
  }
  longer.push_back(0);
  EXPECT_FALSE(Certificate::parse_der(longer).has_value());
  const std::string pem = certificate_file("ed25519.pem");
  for (std::size_t size = 0; size + 1 < pem.size(); ++size) {
    EXPECT_FALSE(Certificate::parse_pem(pem.substr(0, size)).has_value()) << size;
  }
}

// What a changed certificate is parsed as does not matter, as long as its use ends well.
TEST(Certificate, SurvivesEveryChangedOctet) {
  const Certificate good = read_certificate("rsa2048");
  const Octets message(3);
  for (std::size_t i = 0; i < good.der().size(); ++i) {
    for (const std::uint8_t difference : std::to_array<std::uint8_t>({0x01, 0x20, 0x80, 0xff})) {
      Octets der(good.der().begin(), good.der().end());
      der[i] ^= difference;
      const auto certificate = Certificate::parse_der(der);
      if (!certificate.has_value()) continue;
      static_cast<void>(certificate->subject());
      static_cast<void>(certificate->matches_identity(CertificateIdentity::kFqdn, bytes_of("x")));
      EXPECT_FALSE(
          certificate->verify_signature(SignatureScheme::kRsaPssSha256, message, Octets(256)));
    }
  }
}

TEST(Certificate, NamesAreThoseOfTheSubjectAltName) {
  const Certificate certificate = read_certificate("ed25519");
  const auto is = [&](CertificateIdentity kind, std::string_view value) {
    return certificate.matches_identity(kind, bytes_of(value));
  };
  EXPECT_TRUE(is(CertificateIdentity::kFqdn, "gw.lab"));
  EXPECT_TRUE(is(CertificateIdentity::kFqdn, "GW.Lab"));
  EXPECT_TRUE(is(CertificateIdentity::kRfc822, "gw@lab.example"));
  EXPECT_TRUE(is(CertificateIdentity::kIpv4, {"\x0a\x5a\x03\x02", 4}));
  EXPECT_TRUE(is(CertificateIdentity::kIpv6, {"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\x03\0\x02", 16}));
  for (const std::string_view name :
       {std::string_view(""), std::string_view("gw.lab."), std::string_view("gw"),
        std::string_view(".lab"), std::string_view("lab"), std::string_view("x.gw.lab"),
        std::string_view("ed25519"), std::string_view("gw.lab\0", 7),
        std::string_view("gw.lab\0.example", 15), std::string_view("a.wild.lab"),
        std::string_view("gw@lab.example"), std::string_view("10.90.3.2")}) {
    EXPECT_FALSE(is(CertificateIdentity::kFqdn, name)) << name;
  }
  EXPECT_FALSE(is(CertificateIdentity::kRfc822, "gw.lab"));
  EXPECT_FALSE(is(CertificateIdentity::kRfc822, "x@lab.example"));
  EXPECT_FALSE(is(CertificateIdentity::kRfc822, {"gw@lab.example\0", 15}));
  EXPECT_FALSE(is(CertificateIdentity::kRfc822, "@lab.example"));
  EXPECT_FALSE(is(CertificateIdentity::kIpv4, {"\x0a\x5a\x03\x03", 4}));
  EXPECT_FALSE(is(CertificateIdentity::kIpv4, "10.90.3.2"));
  EXPECT_FALSE(is(CertificateIdentity::kIpv6, {"\x0a\x5a\x03\x02", 4}));
}

TEST(Certificate, TheSubjectIsNoName) {
  const Certificate certificate = read_certificate("name-in-subject");
  EXPECT_EQ(certificate.subject(), "CN=gw.lab,O=Lab");
  EXPECT_FALSE(certificate.matches_identity(CertificateIdentity::kFqdn, bytes_of("gw.lab")));
}

TEST(Certificate, ADistinguishedNameIsTheWholeSubject) {
  const Certificate certificate = read_certificate("ed25519");
  Octets der = certificate.subject_der();
  const auto is = [&](ByteSpan value) {
    return certificate.matches_identity(CertificateIdentity::kDistinguishedName, value);
  };
  EXPECT_TRUE(is(der));
  EXPECT_FALSE(is(read_certificate("p256").subject_der()));
  EXPECT_FALSE(is(Octets{0x30, 0}));
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(is(ByteSpan(der).first(size))) << size;
  }
  der.push_back(0);
  EXPECT_FALSE(is(der));
}

const std::pair<const char*, SignatureScheme> kSchemes[] = {
    {"ed25519", SignatureScheme::kEd25519},
    {"ecdsa-sha256", SignatureScheme::kEcdsaSha256},
    {"ecdsa-sha384", SignatureScheme::kEcdsaSha384},
    {"ecdsa-sha512", SignatureScheme::kEcdsaSha512},
    {"rsa-pss-sha256", SignatureScheme::kRsaPssSha256},
    {"rsa-pss-sha384", SignatureScheme::kRsaPssSha384},
    {"rsa-pss-sha512", SignatureScheme::kRsaPssSha512},
};

// Every signature under every scheme: good is only what was made so, and is accepted at all.
TEST(Certificate, VerifiesSignaturesOfAnotherLibrary) {
  const auto cases = test::read_vectors("signatures.txt");
  ASSERT_EQ(cases.size(), 17U);
  std::set<std::string> verified;
  for (const auto& values : cases) {
    const Certificate certificate = read_certificate(values.text("host"));
    for (const auto& [name, scheme] : kSchemes) {
      const bool good =
          certificate.verify_signature(scheme, values.hex("message"), values.hex("signature"));
      const bool is_short = values.text("host") == "rsa1024" ||
                            (values.text("host") == "p384" && scheme == kSchemes[1].second);
      EXPECT_EQ(good, values.text("scheme") == name && !is_short)
          << values.text("host") << ", " << values.text("scheme") << " as " << name;
      if (good) verified.insert(values.text("host") + " " + name);
      Octets changed = values.hex("message");
      changed.back() ^= 1;
      EXPECT_FALSE(certificate.verify_signature(scheme, changed, values.hex("signature")));
      for (std::size_t size = 0; size < values.hex("signature").size(); size += 7) {
        EXPECT_FALSE(certificate.verify_signature(scheme, values.hex("message"),
                                                  ByteSpan(values.hex("signature")).first(size)));
      }
    }
  }
  EXPECT_EQ(verified.size(), 9U);  // Ed25519; three, two and three hashes
}

}  // namespace
}  // namespace hawser
