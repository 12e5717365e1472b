// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/crypto/vector_file.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets hex(const std::string& digits) {
  test::VectorCase values;
  values.set("value", digits);
  return values.hex("value");
}

Octets identifier(SignatureScheme scheme) {
  const ByteSpan der = signature_algorithm_identifier(scheme);
  return Octets(der.begin(), der.end());
}

const SignatureScheme kAll[] = {
    SignatureScheme::kEd25519,      SignatureScheme::kEcdsaSha256,  SignatureScheme::kEcdsaSha384,
    SignatureScheme::kEcdsaSha512,  SignatureScheme::kRsaPssSha256, SignatureScheme::kRsaPssSha384,
    SignatureScheme::kRsaPssSha512,
};

// RFC 7427 appendix A, and RFC 8420 appendix A for Ed25519.
TEST(SignatureScheme, IdentifiersAreThoseOfTheRfcs) {
  EXPECT_EQ(identifier(SignatureScheme::kEd25519), hex("300506032b6570"));
  EXPECT_EQ(identifier(SignatureScheme::kEcdsaSha256), hex("300a06082a8648ce3d040302"));
  EXPECT_EQ(identifier(SignatureScheme::kEcdsaSha384), hex("300a06082a8648ce3d040303"));
  EXPECT_EQ(identifier(SignatureScheme::kEcdsaSha512), hex("300a06082a8648ce3d040304"));
  EXPECT_EQ(identifier(SignatureScheme::kRsaPssSha256),
            hex("304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a86"
                "4886f70d010108300d06096086480165030402010500a203020120"));
}

TEST(SignatureScheme, RoundTripAndEveryTruncation) {
  for (const SignatureScheme scheme : kAll) {
    Octets der = identifier(scheme);
    EXPECT_EQ(signature_scheme_from_identifier(der), scheme);
    for (std::size_t size = 0; size < der.size(); ++size) {
      EXPECT_EQ(signature_scheme_from_identifier(ByteSpan(der).first(size)), std::nullopt);
    }
    for (std::size_t i = 0; i < der.size(); ++i) {
      Octets changed = der;
      changed[i] ^= 0x80;
      EXPECT_EQ(signature_scheme_from_identifier(changed), std::nullopt);
    }
    der.push_back(0);
    EXPECT_EQ(signature_scheme_from_identifier(der), std::nullopt);
  }
}

TEST(SignatureScheme, AbsentParametersOfHashesAreNull) {
  EXPECT_EQ(signature_scheme_from_identifier(
                hex("303d06092a864886f70d01010a3030a00d300b0609608648016503040201a11a301806092a86"
                    "4886f70d010108300b0609608648016503040201a203020120")),
            SignatureScheme::kRsaPssSha256);
}

TEST(SignatureScheme, RefusesWhatIsNotAccepted) {
  const char* const identifiers[] = {
      "300d06092a864886f70d01010b0500",  // PKCS #1 v1.5 with SHA-256
      "300d06092a864886f70d0101050500",  // with SHA-1
      "300906072a8648ce3d0401",          // ECDSA with SHA-1
      "300d06092a864886f70d01010a3000",  // PSS with its defaults: SHA-1
      "300506032b6571",                  // Ed448
  };
  for (const char* const der : identifiers) {
    EXPECT_EQ(signature_scheme_from_identifier(hex(der)), std::nullopt) << der;
  }
}

}  // namespace
}  // namespace hawser
