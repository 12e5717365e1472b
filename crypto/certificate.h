// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/certificate_error.h"
#include "crypto/identity_key.h"
#include "crypto/signature.h"

struct x509_st;

namespace hawser {

// Whom a certificate may be for: the ID types of RFC 7296 section 3.5 that one can hold.
enum class CertificateIdentity : std::uint8_t { kIpv4, kFqdn, kRfc822, kIpv6, kDistinguishedName };

// An X.509 certificate (RFC 5280) that could be parsed, no more: whether to believe it is for a
// CertificateStore to say. Const functions may be called by any thread.
class Certificate {
 public:
  // All of `der` must be one certificate.
  static Result<Certificate, CertificateError> parse_der(ByteSpan der);
  // All certificates of a text, at least one; what is not a certificate is skipped.
  static Result<std::vector<Certificate>, CertificateError> parse_pem(std::string_view text);
  // A file that is one or the other.
  static Result<std::vector<Certificate>, CertificateError> parse_file(ByteSpan file);
  // Another owner of the same certificate.
  Certificate share() const;

  // As in a CERT payload; valid as long as this object.
  ByteSpan der() const { return der_; }
  // "CN=gw.lab,O=Lab" (RFC 2253), for people.
  std::string subject() const;
  // The DER of the subject, as in an ID_DER_ASN1_DN.
  std::vector<std::uint8_t> subject_der() const;
  // `value` as in an ID payload (RFC 7296 section 3.5). Names and addresses are looked for in
  // subjectAltName alone and as a whole, without wildcards (RFC 4945 section 3.1).
  bool matches_identity(CertificateIdentity kind, ByteSpan value) const;
  // False also if the key is of another kind than the scheme, or too weak.
  bool verify_signature(SignatureScheme scheme, ByteSpan message, ByteSpan signature) const;
  // If the key is one of Ed25519.
  std::optional<IdentityPublicKey> ed25519_key() const;

 private:
  friend class CertificateStore;
  friend class SigningKey;
  struct Free {
    void operator()(x509_st* certificate) const;
  };
  using Handle = std::unique_ptr<x509_st, Free>;

  Certificate(Handle handle, std::vector<std::uint8_t> der);

  Handle handle_;
  std::vector<std::uint8_t> der_;
};

}  // namespace hawser
