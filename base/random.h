// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"

namespace hawser {

// Where protocol code gets its randomness: the daemon gives libsodium's generator (crypto/), a
// simulation a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteSpan bytes) = 0;

  std::uint32_t next_u32() {
    std::uint8_t bytes[4];
    fill(bytes);
    return load_be32(bytes);
  }
};

}  // namespace hawser
