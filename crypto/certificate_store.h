// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/digest.h"

struct x509_store_st;

namespace hawser {

// Trust anchors and CRLs, and the decision whether a certificate follows from them (RFC 5280
// section 6). Nothing is read from the system or the network. Const functions may be called by any
// thread.
class CertificateStore {
 public:
  CertificateStore();

  // The certificates of a file, PEM or DER. An anchor need not be self-signed, nor a CA: a
  // certificate that is an anchor itself is trusted.
  Result<void, CertificateError> add_trust_anchors(ByteSpan file);
  // The CRLs of a file, PEM or DER.
  Result<void, CertificateError> add_crls(ByteSpan file);

  // Whether `leaf` may authenticate an IKE peer at this time (seconds since 1970): signatures up to
  // an anchor, validity, CA flags, name constraints, strength, key usage. Each certificate whose
  // issuer has a CRL here is looked up in it; a CRL that is past its next update revokes all, since
  // nobody knows what the next would say. `intermediates` are in any order and not trusted.
  Result<void, CertificateError> verify(const Certificate& leaf,
                                        std::span<const Certificate> intermediates,
                                        std::int64_t unix_seconds) const;

  bool has_trust_anchors() const { return !anchor_key_hashes_.empty(); }
  // SHA-1 of each anchor's SubjectPublicKeyInfo: what a CERTREQ holds (RFC 7296 section 3.7).
  std::span<const Sha1Digest> anchor_key_hashes() const { return anchor_key_hashes_; }

 private:
  struct Free {
    void operator()(x509_store_st* store) const;
  };

  std::unique_ptr<x509_store_st, Free> store_;
  std::vector<Sha1Digest> anchor_key_hashes_;
  bool has_crls_ = false;
};

}  // namespace hawser
