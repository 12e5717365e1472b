// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/aead.h"
#include "crypto/secret.h"

namespace hawser {

// The key of one direction: the AEAD's key and, behind it, 4 octets of salt (RFC 4106 section 8.1).
struct SaKey {
  AeadAlgorithm algorithm = AeadAlgorithm::kAes256Gcm;
  Secret key_and_salt;

  ByteSpan key() const { return key_and_salt.bytes().first(aead_key_size(algorithm)); }
  ByteSpan salt() const { return key_and_salt.bytes().last(kAeadSaltSize); }
  // True if the size of the secret is what the algorithm needs.
  bool is_complete() const {
    return key_and_salt.size() == aead_key_size(algorithm) + kAeadSaltSize;
  }
  SaKey clone() const { return {algorithm, key_and_salt.clone()}; }
};

}  // namespace hawser
