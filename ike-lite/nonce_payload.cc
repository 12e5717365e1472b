// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/nonce_payload.h"

namespace hawser {

Result<std::vector<std::uint8_t>, WireFailure> parse_nonce(ByteReader& body) {
  ByteSpan nonce;
  if (body.remaining() < kMinNonceSize || body.remaining() > kMaxNonceSize ||
      !body.read_bytes(body.remaining(), nonce)) {
    return malformed();
  }
  return std::vector<std::uint8_t>(nonce.begin(), nonce.end());
}

}  // namespace hawser
