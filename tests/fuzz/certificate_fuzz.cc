// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_store.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hawser::ByteSpan input(data, size);
  constexpr std::int64_t kYear2030 = 1893456000;
  hawser::CertificateStore store;
  (void)store.add_crls(input);
  const auto certificates = hawser::Certificate::parse_file(input);
  if (!certificates) return 0;
  const hawser::Certificate& first = certificates->front();
  hawser::fuzz::require(hawser::Certificate::parse_der(first.der()).has_value());
  const auto own_subject = first.subject_der();
  (void)first.matches_identity(hawser::CertificateIdentity::kDistinguishedName, own_subject);
  (void)first.matches_identity(hawser::CertificateIdentity::kFqdn, input.first(1));
  (void)first.verify_signature(hawser::SignatureScheme::kEcdsaSha256, input, input);
  // Nobody is trusted; then all of the file is.
  hawser::fuzz::require(!store.verify(first, *certificates, kYear2030).has_value());
  (void)store.add_trust_anchors(input);
  (void)store.verify(first, *certificates, kYear2030);
  return 0;
}
