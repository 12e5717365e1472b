// SPDX-License-Identifier: Apache-2.0
#include "crypto/system_random.h"

#include <sodium.h>

#include "crypto/fatal.h"

namespace hawser {

SystemRandom::SystemRandom() {
  if (sodium_init() < 0) die("libsodium cannot be initialised.");
}

void SystemRandom::fill(MutableByteSpan bytes) {
  if (!bytes.empty()) randombytes_buf(bytes.data(), bytes.size());
}

}  // namespace hawser
