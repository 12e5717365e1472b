// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/aead.h"

namespace hawser {

// One message to seal or open in place, with additional data of any size: an IKE message (RFC 5282
// section 5) authenticates its whole header, for which an AeadPacket has no room.
struct AeadMessage {
  ByteSpan nonce;  // 12 octets: salt | IV
  ByteSpan aad;
  MutableByteSpan data;  // plaintext <-> ciphertext
  MutableByteSpan icv;   // 16 octets: written by seal_message(), compared by open_message()
};

// `key` has aead_key_size() octets. Nothing of the key outlives the call, so that an SA that says
// little costs no memory. Not for packets: Aead is faster. Thread-safe.
void seal_message(AeadAlgorithm algorithm, ByteSpan key, const AeadMessage& message);
// False if not authentic; then `data` is zeroed.
[[nodiscard]] bool open_message(AeadAlgorithm algorithm, ByteSpan key, const AeadMessage& message);

}  // namespace hawser
