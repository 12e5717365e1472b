// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "crypto/key_exchange.h"
#include "crypto/secret.h"

namespace hawser {

// ML-KEM-768 (FIPS 203): an additional key exchange (RFC 9370) that a quantum computer does not
// break. The initiator sends its public value; the responder makes a secret for it and sends that
// as a ciphertext. Nothing here is ever alone: X25519 or P-256 comes first.
inline constexpr std::size_t kKeyEncapsulationPublicSize = 1184;
inline constexpr std::size_t kKeyEncapsulationCiphertextSize = 1088;

// OpenSSL has it from 3.5 on. Where it is not, the functions below say kUnavailable.
bool key_encapsulation_available();

// The responder's side of one exchange.
struct Encapsulation {
  std::vector<std::uint8_t> ciphertext;
  Secret shared_secret;  // 32 octets
};
// kBadPublicValue: not of its size, or not a key by the tests of FIPS 203 section 7.2.
Result<Encapsulation, KeyExchangeError> encapsulate(ByteSpan public_value, Random& random);

// The initiator's side: one ephemeral key. Not thread-safe.
class KeyEncapsulation {
 public:
  // Equal randomness gives equal keys, so that a simulation repeats; likewise encapsulate().
  static Result<std::unique_ptr<KeyEncapsulation>, KeyExchangeError> generate(Random& random);
  virtual ~KeyEncapsulation() = default;
  // Valid as long as this object.
  virtual ByteSpan public_value() const = 0;
  // A changed ciphertext of the right size gives another secret, not an error (FIPS 203
  // section 6.3): that the peers differ is noticed when the first message does not open.
  virtual Result<Secret, KeyExchangeError> decapsulate(ByteSpan ciphertext) const = 0;
};

}  // namespace hawser
