// SPDX-License-Identifier: Apache-2.0
#include "crypto/prf.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "crypto/hmac.h"

namespace hawser {

std::size_t prf_size(PrfAlgorithm algorithm) {
  switch (algorithm) {
    case PrfAlgorithm::kHmacSha256:
      return 32;
    case PrfAlgorithm::kHmacSha384:
      return 48;
    case PrfAlgorithm::kHmacSha512:
      return 64;
  }
  return 0;
}

Secret prf(PrfAlgorithm algorithm, ByteSpan key, std::span<const ByteSpan> parts) {
  Secret result(prf_size(algorithm));
  Hmac hmac(algorithm, key);
  for (const ByteSpan part : parts) hmac.update(part);
  hmac.finish(result.bytes());
  return result;
}

Secret prf_plus(PrfAlgorithm algorithm, ByteSpan key, ByteSpan seed, std::size_t size) {
  const std::size_t block_size = prf_size(algorithm);
  // RFC 7296 section 2.13: not defined beyond 255 times the size of the PRF's output.
  assert(size <= 255 * block_size);
  Secret result(size);
  Secret block(block_size);
  Hmac hmac(algorithm, key);
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < size; done += block_size) {
    // T1 = prf(K, S | 0x01), T2 = prf(K, T1 | S | 0x02), ...
    if (counter != 0) hmac.update(block.bytes());
    hmac.update(seed);
    ++counter;
    hmac.update({&counter, 1});
    hmac.finish(block.bytes());
    std::memcpy(result.bytes().data() + done, block.bytes().data(),
                std::min(block_size, size - done));
  }
  return result;
}

}  // namespace hawser
