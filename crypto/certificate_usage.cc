// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_usage.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/public_key.h"

namespace hawser {
namespace {

using ExtendedKeyUsage = OpenSslHandle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;

Failure<CertificateError> fault(CertificateFault fault, const char* sentence,
                                const X509* certificate) {
  return failure(
      CertificateError{fault, std::string(sentence) + " (" + subject_of(certificate) + ")"});
}

// RFC 4945 section 5.1.3.12 takes certificates without extended key usage, for any use, and for
// IKE. Those for TLS are what many a CA makes for gateways; what else there is was not issued to
// identify a host.
bool is_for_hosts(X509* certificate) {
  constexpr std::array kUses = {
      NID_anyExtendedKeyUsage, NID_ipsec_IKE,   NID_server_auth, NID_client_auth,
      NID_ipsecEndSystem,      NID_ipsecTunnel, NID_ipsecUser};
  int critical = 0;
  const ExtendedKeyUsage usage(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, nullptr)));
  // -1: there is none; another value would be that of a damaged one.
  if (usage == nullptr) return critical == -1;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usage.get()); ++i) {
    const int id = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage.get(), i));
    if (std::ranges::find(kUses, id) != kUses.end()) return true;
  }
  return false;
}

Result<void, CertificateError> check_leaf(X509* leaf) {
  const EVP_PKEY* const key = X509_get0_pubkey(leaf);
  if (schemes_of(key).empty()) {
    return fault(CertificateFault::kUnsupported, (description_of(key) + " is not accepted").c_str(),
                 leaf);
  }
  // RFC 4945 section 5.1.3.2: where there is a key usage, it must have one of these.
  constexpr std::uint32_t kSigns = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
  if ((X509_get_key_usage(leaf) & kSigns) == 0) {
    return fault(CertificateFault::kWrongUse, "its key usage is not to sign", leaf);
  }
  if (!is_for_hosts(leaf)) {
    return fault(CertificateFault::kWrongUse, "its extended key usage is not to identify a host",
                 leaf);
  }
  return {};
}

}  // namespace

Result<void, CertificateError> check_usage(const STACK_OF(X509) * chain) {
  if (auto good = check_leaf(sk_X509_value(chain, 0)); !good.has_value()) return good;
  // RFC 5280 section 6.1.4 (k): all between leaf and anchor say that they are CAs. OpenSSL would
  // also take what older certificates have instead.
  for (int i = 1; i + 1 < sk_X509_num(chain); ++i) {
    X509* const issuer = sk_X509_value(chain, i);
    if (X509_check_ca(issuer) != 1) {
      return fault(CertificateFault::kNotACa, "it signed another, but is no CA", issuer);
    }
  }
  return {};
}

std::string subject_of(const X509* certificate) {
  const BioHandle memory(BIO_new(BIO_s_mem()));
  if (memory == nullptr || X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0,
                                              XN_FLAG_RFC2253) < 0) {
    return "";
  }
  const char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return text == nullptr ? "" : std::string(text, static_cast<std::size_t>(size));
}

}  // namespace hawser
