// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "antireplay/replay_window.h"
#include "base/strong.h"
#include "crypto/aead.h"

namespace hawser {

// Security Parameters Index (RFC 4303 section 2.1). Ours are laid out so that finding the SA is one
// load and one compare, and so that a kernel filter can steer by the first octet:
//   owner + 1 (8 bits) | slot (16 bits) | random (8 bits)
// The owner is the worker that the SA belongs to. 0 and 1..255 never occur (RFC 3948, RFC 4303).
using Spi = Strong<struct SpiTag, std::uint32_t>;
using WorkerIndex = Strong<struct WorkerIndexTag, std::uint8_t>;
using PeerId = Strong<struct PeerIdTag, std::uint32_t>;

inline constexpr unsigned kMaxWorkers = 64;

constexpr Spi make_spi(WorkerIndex owner, std::uint16_t slot, std::uint8_t random) {
  return Spi((std::uint32_t{owner.value()} + 1) << 24 | std::uint32_t{slot} << 8 | random);
}
constexpr std::uint8_t spi_owner_octet(Spi spi) {
  return static_cast<std::uint8_t>(spi.value() >> 24);
}
constexpr std::uint16_t spi_slot(Spi spi) { return static_cast<std::uint16_t>(spi.value() >> 8); }
// True if the SPI can be one of ours with this many workers.
constexpr bool spi_is_ours(Spi spi, unsigned workers) {
  return spi_owner_octet(spi) >= 1 && spi_owner_octet(spi) <= workers;
}

// The key of one direction: the AEAD's key and, behind it, 4 octets of salt (RFC 4106 section 8.1).
struct SaKey {
  AeadAlgorithm algorithm = AeadAlgorithm::kAes256Gcm;
  Secret key_and_salt;

  ByteSpan key() const { return key_and_salt.bytes().first(aead_key_size(algorithm)); }
  ByteSpan salt() const { return key_and_salt.bytes().last(kAeadSaltSize); }
  // True if the size of the secret is what the algorithm needs.
  bool is_complete() const {
    return key_and_salt.size() == aead_key_size(algorithm) + kAeadSaltSize;
  }
  SaKey clone() const { return {algorithm, key_and_salt.clone()}; }
};

}  // namespace hawser
