// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>

#include "crypto/aead.h"

namespace hawser {

// What a provider of AEADs is made of; only crypto/ includes this. `key` has the algorithm's size.
// nullptr if the library of this machine does not have the algorithm.
std::unique_ptr<Aead> make_open_ssl_aead(AeadAlgorithm algorithm, ByteSpan key);
std::unique_ptr<Aead> make_ipsec_mb_aead(AeadAlgorithm algorithm, ByteSpan key);
bool ipsec_mb_available();

// equal_in_constant_time() for the one size of the packet path, a fifth of its time: both halves
// are always read, and the compiler cannot see that the result depends on one of them alone.
inline bool icv_equal(const std::uint8_t* a, const std::uint8_t* b) {
  std::uint64_t left[2];
  std::uint64_t right[2];
  static_assert(sizeof left == kAeadIcvSize);
  std::memcpy(left, a, sizeof left);
  std::memcpy(right, b, sizeof right);
  std::uint64_t difference = (left[0] ^ right[0]) | (left[1] ^ right[1]);
  asm("" : "+r"(difference));
  return difference == 0;
}

// Sets the verdict of `open`; what is not authentic must not leave as plaintext.
inline void conclude(AeadPacket& packet, bool authentic) {
  packet.authentic = authentic;
  if (!authentic && packet.size != 0) std::memset(packet.data, 0, packet.size);
}

}  // namespace hawser
