// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace hawser {

// Why one end could not prove who it is, or whom we took it for.
enum class AuthError : std::uint8_t {
  kNoKey,               // the config lacks the key that we need to prove ourselves
  kNoCommonHash,        // the peer did not announce what our key needs (RFC 7427 section 4)
  kMissing,             // no AUTH payload
  kWrongMethod,         // not the way that was agreed with this peer
  kWrongKey,            // the shared key or signature does not match
  kCertificateMissing,  // none came
  kCertificateRefused,  // not understood, expired, revoked, or of an unknown authority
  kWrongIdentity,       // the certificate is for somebody else
  kNoPostQuantumKey,    // one is required, and the peer has none or another
};

struct AuthFailure {
  AuthError error = AuthError::kWrongKey;
  std::string sentence;  // for people; without anything secret
};

}  // namespace hawser
