// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace hawser {

enum class CertificateFault : std::uint8_t {
  kUnreadable,   // no certificate, key or CRL, or a damaged one
  kUnsupported,  // a kind of key or a critical extension that is not known here
  kWeak,         // SHA-1, a short key
  kUntrusted,    // no chain of good signatures to a trust anchor
  kNotACa,       // signed by a certificate that may not sign others
  kWrongUse,     // was not issued for this
  kNotYetValid,
  kExpired,
  kRevoked,
  kNoRevocation,  // the issuer's CRL is too old or bad
};

struct CertificateError {
  CertificateFault fault;
  std::string sentence;  // for a person; begins with a small letter and has no full stop
};

}  // namespace hawser
