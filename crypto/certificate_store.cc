// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_store.h"

#include <openssl/x509v3.h>

#include <climits>
#include <string>

#include "crypto/certificate_usage.h"
#include "crypto/fatal.h"
#include "crypto/pem.h"

namespace hawser {
namespace {

using CrlHandle = OpenSslHandle<X509_CRL, X509_CRL_free>;
using StoreContext = OpenSslHandle<X509_STORE_CTX, X509_STORE_CTX_free>;

constexpr std::uint8_t kDerSequence = 0x30;
constexpr int kMaxIntermediates = 8;
// OpenSSL's name for 112 bits: no SHA-1, no RSA below 2048 bits.
constexpr int kSecurityLevel = 2;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using CertificateStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

Failure<CertificateError> unreadable(const char* sentence) {
  return failure(CertificateError{CertificateFault::kUnreadable, sentence});
}

Sha1Digest key_hash_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size < 0) die("no memory for a public key.");
  const Sha1Digest hash = sha1({ByteSpan(der, static_cast<std::size_t>(size))});
  OPENSSL_free(der);
  return hash;
}

// A CRL is asked of issuers that have one here, and of no other.
int allow_missing_crl(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL) return ok;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

CertificateFault fault_of(int error) {
  switch (error) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return CertificateFault::kNotYetValid;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return CertificateFault::kExpired;
    case X509_V_ERR_CERT_REVOKED:
      return CertificateFault::kRevoked;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return CertificateFault::kWeak;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return CertificateFault::kNotACa;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return CertificateFault::kUnsupported;
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
      return CertificateFault::kNoRevocation;
    default:  // one of some fifty: signatures, issuers, encodings, constraints
      return CertificateFault::kUntrusted;
  }
}

}  // namespace

void CertificateStore::Free::operator()(x509_store_st* store) const { X509_STORE_free(store); }

CertificateStore::CertificateStore() : store_(X509_STORE_new()) {
  if (store_ == nullptr) die("no memory for certificates.");
}

Result<void, CertificateError> CertificateStore::add_trust_anchors(ByteSpan file) {
  auto anchors = Certificate::parse_file(file);
  if (!anchors.has_value()) return failure(std::move(anchors.error()));
  for (const Certificate& anchor : *anchors) {
    if (X509_STORE_add_cert(store_.get(), anchor.handle_.get()) != 1) {
      die("no memory for certificates.");
    }
    anchor_key_hashes_.push_back(key_hash_of(anchor.handle_.get()));
  }
  return {};
}

Result<void, CertificateError> CertificateStore::add_crls(ByteSpan file) {
  const CleanErrorQueue clean;
  std::optional<PemContents> contents;
  if (!file.empty() && file.front() == kDerSequence) {
    contents = PemContents{{file.begin(), file.end()}};
  } else {
    contents = read_pem({reinterpret_cast<const char*>(file.data()), file.size()}, "X509 CRL");
  }
  if (!contents.has_value()) return unreadable("damaged PEM");
  if (contents->empty()) return unreadable("no CRL");
  for (const auto& der : *contents) {
    const unsigned char* position = der.data();
    const CrlHandle crl(d2i_X509_CRL(nullptr, &position, static_cast<long>(der.size())));
    if (crl == nullptr || position != der.data() + der.size()) return unreadable("a damaged CRL");
    if (X509_STORE_add_crl(store_.get(), crl.get()) != 1) die("no memory for a CRL.");
    has_crls_ = true;
  }
  return {};
}

Result<void, CertificateError> CertificateStore::verify(const Certificate& leaf,
                                                        std::span<const Certificate> intermediates,
                                                        std::int64_t unix_seconds) const {
  const CleanErrorQueue clean;
  const CertificateStack untrusted(sk_X509_new_null());
  const StoreContext context(X509_STORE_CTX_new());
  if (untrusted == nullptr || context == nullptr) die("no memory for certificates.");
  for (const Certificate& certificate : intermediates) {
    if (sk_X509_push(untrusted.get(), certificate.handle_.get()) == 0) {
      die("no memory for certificates.");
    }
  }
  if (X509_STORE_CTX_init(context.get(), store_.get(), leaf.handle_.get(), untrusted.get()) != 1) {
    die("no memory for certificates.");
  }
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(unix_seconds));
  X509_VERIFY_PARAM_set_depth(param, kMaxIntermediates);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  if (has_crls_) {
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    X509_STORE_CTX_set_verify_cb(context.get(), allow_missing_crl);
  }
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    X509* const culprit = X509_STORE_CTX_get_current_cert(context.get());
    return failure(CertificateError{
        fault_of(error), std::string(X509_verify_cert_error_string(error)) + " (" +
                             subject_of(culprit == nullptr ? leaf.handle_.get() : culprit) + ")"});
  }
  return check_usage(X509_STORE_CTX_get0_chain(context.get()));
}

}  // namespace hawser
