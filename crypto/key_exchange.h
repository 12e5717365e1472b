// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hawser {

// The Diffie-Hellman groups that are accepted: X25519 (RFC 7748, RFC 8031), and the 256-bit random
// ECP group (RFC 5903) for peers that have nothing better.
enum class KeyExchangeGroup : std::uint8_t { kX25519, kP256 };

// Of the public value as it stands in a KE payload: 32 octets, or x | y with 64.
std::size_t key_exchange_public_size(KeyExchangeGroup group);

// kBadPublicValue: the peer's value has another size, is no point of the curve, or would make a
// secret that everybody knows. kUnavailable: the library cannot do it.
enum class KeyExchangeError : std::uint8_t { kBadPublicValue, kUnavailable };

// One ephemeral key pair; the private part is wiped with the object. Not thread-safe. RFC 7296
// section 2.12 lets a key be used for several exchanges; forward secrecy wants a new one for each.
class KeyExchange {
 public:
  // Equal randomness gives equal keys, so that a simulation repeats.
  static Result<std::unique_ptr<KeyExchange>, KeyExchangeError> generate(KeyExchangeGroup group,
                                                                         Random& random);
  virtual ~KeyExchange() = default;
  virtual KeyExchangeGroup group() const = 0;
  // Valid as long as this object.
  virtual ByteSpan public_value() const = 0;
  // g^ir, 32 octets; of P-256 the x coordinate (RFC 5903 section 7).
  virtual Result<Secret, KeyExchangeError> shared_secret(ByteSpan peer_public_value) const = 0;
};

}  // namespace hawser
