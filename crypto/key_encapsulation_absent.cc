// SPDX-License-Identifier: Apache-2.0
// In the place of key_encapsulation.cc where OpenSSL is older than 3.5.
#include "crypto/key_encapsulation.h"

namespace hawser {

bool key_encapsulation_available() { return false; }

Result<Encapsulation, KeyExchangeError> encapsulate(ByteSpan, Random&) {
  return failure(KeyExchangeError::kUnavailable);
}

Result<std::unique_ptr<KeyEncapsulation>, KeyExchangeError> KeyEncapsulation::generate(Random&) {
  return failure(KeyExchangeError::kUnavailable);
}

}  // namespace hawser
