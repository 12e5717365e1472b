// SPDX-License-Identifier: Apache-2.0
#include "crypto/fingerprint.h"

#include <sodium.h>

#include "crypto/fatal.h"

namespace hawser {

Fingerprint fingerprint_of(ByteSpan bytes) {
  if (sodium_init() < 0) die("libsodium cannot be initialised.");
  Fingerprint result{};
  crypto_generichash(result.data(), result.size(), bytes.data(), bytes.size(), nullptr, 0);
  return result;
}

}  // namespace hawser
