// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <random>
#include <span>
#include <vector>

#include "crypto/aead.h"

namespace hawser {

// For the names of test cases.
inline void PrintTo(AeadAlgorithm algorithm, std::ostream* out) { *out << aead_name(algorithm); }
inline void PrintTo(AeadProvider provider, std::ostream* out) {
  *out << aead_provider_name(provider);
}

namespace test {

using Octets = std::vector<std::uint8_t>;

inline constexpr AeadAlgorithm kAlgorithms[] = {
    AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305};
std::vector<AeadProvider> available_providers();

Octets random_octets(std::mt19937_64& generator, std::size_t size);
// Fails the test by abort if there is none: ask available_providers() before.
std::unique_ptr<Aead> make(AeadAlgorithm algorithm, ByteSpan key, AeadProvider provider);

// Packets and the memory they point to: data and ICV side by side as in ESP, with guard octets
// around each packet, because the sanitizers do not see what assembly writes.
class AeadBatch {
 public:
  AeadBatch() = default;
  AeadBatch(const AeadBatch& other);
  AeadBatch& operator=(const AeadBatch&) = delete;

  void add(ByteSpan data, ByteSpan icv, ByteSpan nonce, ByteSpan aad);
  // `count` packets of random sizes up to `max_size`, with AADs of 8 and 12 octets.
  static AeadBatch random(std::mt19937_64& generator, std::size_t count, std::size_t max_size);

  std::span<AeadPacket> packets() { return packets_; }
  Octets data(std::size_t index) const;
  Octets icv(std::size_t index) const;
  bool guards_intact() const;

 private:
  std::vector<Octets> memory_;
  std::vector<AeadPacket> packets_;
};

}  // namespace test
}  // namespace hawser
