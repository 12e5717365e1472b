// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "crypto/certificate_usage.h"
#include "crypto/pem.h"
#include "crypto/public_key.h"

namespace hawser {
namespace {

using NameHandle = OpenSslHandle<X509_NAME, X509_NAME_free>;

Failure<CertificateError> unreadable(const char* sentence) {
  return failure(CertificateError{CertificateFault::kUnreadable, sentence});
}

constexpr std::uint8_t kDerSequence = 0x30;

// OpenSSL takes a name with a zero behind it for the name.
bool is_text(ByteSpan value) { return std::ranges::find(value, 0) == value.end(); }

bool has_subject(const X509* certificate, ByteSpan der) {
  const unsigned char* position = der.data();
  const NameHandle name(d2i_X509_NAME(nullptr, &position, static_cast<long>(der.size())));
  return name != nullptr && position == der.data() + der.size() &&
         X509_NAME_entry_count(name.get()) > 0 &&
         X509_NAME_cmp(name.get(), X509_get_subject_name(certificate)) == 0;
}

}  // namespace

void Certificate::Free::operator()(x509_st* certificate) const { X509_free(certificate); }

Certificate::Certificate(Handle handle, std::vector<std::uint8_t> der)
    : handle_(std::move(handle)), der_(std::move(der)) {}

Result<Certificate, CertificateError> Certificate::parse_der(ByteSpan der) {
  const CleanErrorQueue clean;
  if (der.empty() || der.size() > INT_MAX) return unreadable("not an X.509 certificate");
  const unsigned char* position = der.data();
  Handle handle(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
  if (handle == nullptr) return unreadable("not an X.509 certificate");
  if (position != der.data() + der.size()) return unreadable("octets behind a certificate");
  return Certificate(std::move(handle), std::vector(der.begin(), der.end()));
}

Result<std::vector<Certificate>, CertificateError> Certificate::parse_pem(std::string_view text) {
  const CleanErrorQueue clean;
  const auto contents = read_pem(text, "CERTIFICATE");
  if (!contents.has_value()) return unreadable("damaged PEM");
  if (contents->empty()) return unreadable("no certificate");
  std::vector<Certificate> certificates;
  for (const auto& der : *contents) {
    auto certificate = parse_der(der);
    if (!certificate.has_value()) return failure(std::move(certificate.error()));
    certificates.push_back(std::move(*certificate));
  }
  return certificates;
}

Result<std::vector<Certificate>, CertificateError> Certificate::parse_file(ByteSpan file) {
  if (file.empty() || file.front() != kDerSequence) {
    return parse_pem({reinterpret_cast<const char*>(file.data()), file.size()});
  }
  auto certificate = parse_der(file);
  if (!certificate.has_value()) return failure(std::move(certificate.error()));
  std::vector<Certificate> certificates;
  certificates.push_back(std::move(*certificate));
  return certificates;
}

Certificate Certificate::share() const {
  X509_up_ref(handle_.get());
  return Certificate(Handle(handle_.get()), der_);
}

std::string Certificate::subject() const { return subject_of(handle_.get()); }

std::vector<std::uint8_t> Certificate::subject_der() const {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(X509_get_subject_name(handle_.get()), &der, &size) != 1) return {};
  return std::vector(der, der + size);
}

bool Certificate::matches_identity(CertificateIdentity kind, ByteSpan value) const {
  const CleanErrorQueue clean;
  if (value.empty() || value.size() > INT_MAX) return false;
  const char* const text = reinterpret_cast<const char*>(value.data());
  // Flags have no effect on addresses, and a subject's CN never stands for a name.
  constexpr unsigned int kFlags =
      X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;
  switch (kind) {
    case CertificateIdentity::kIpv4:
      return value.size() == 4 && X509_check_ip(handle_.get(), value.data(), 4, kFlags) == 1;
    case CertificateIdentity::kIpv6:
      return value.size() == 16 && X509_check_ip(handle_.get(), value.data(), 16, kFlags) == 1;
    case CertificateIdentity::kFqdn:
      // To OpenSSL a name that begins with a dot would be that of any subdomain.
      return value.front() != '.' && is_text(value) &&
             X509_check_host(handle_.get(), text, value.size(), kFlags, nullptr) == 1;
    case CertificateIdentity::kRfc822:
      return is_text(value) && X509_check_email(handle_.get(), text, value.size(), kFlags) == 1;
    case CertificateIdentity::kDistinguishedName:
      return has_subject(handle_.get(), value);
  }
  return false;
}

bool Certificate::verify_signature(SignatureScheme scheme, ByteSpan message,
                                   ByteSpan signature) const {
  // libsodium is stricter than OpenSSL with Ed25519.
  if (scheme == SignatureScheme::kEd25519) {
    const auto key = ed25519_key();
    return key.has_value() && key->verify(message, signature);
  }
  const CleanErrorQueue clean;
  EVP_PKEY* const key = X509_get0_pubkey(handle_.get());
  const auto schemes = schemes_of(key);
  if (std::ranges::find(schemes, scheme) == schemes.end()) return false;
  const DigestContext context(EVP_MD_CTX_new());
  return begin_signature(EVP_DigestVerifyInit, context.get(), scheme, key) &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

std::optional<IdentityPublicKey> Certificate::ed25519_key() const {
  const CleanErrorQueue clean;
  const EVP_PKEY* const pkey = X509_get0_pubkey(handle_.get());
  IdentityPublicKey key;
  std::size_t size = key.octets.size();
  if (pkey == nullptr || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(pkey, key.octets.data(), &size) != 1) {
    return std::nullopt;
  }
  return key;
}

}  // namespace hawser
