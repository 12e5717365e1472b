// SPDX-License-Identifier: Apache-2.0
#include "tests/crypto/aead_batch.h"

#include <algorithm>
#include <cstdlib>

namespace hawser::test {
namespace {

constexpr std::size_t kGuardSize = 64;
constexpr std::uint8_t kGuard = 0xa5;

}  // namespace

std::vector<AeadProvider> available_providers() {
  std::vector<AeadProvider> providers;
  for (const auto provider : {AeadProvider::kOpenSsl, AeadProvider::kIpsecMb}) {
    if (aead_provider_available(provider)) providers.push_back(provider);
  }
  return providers;
}

Octets random_octets(std::mt19937_64& generator, std::size_t size) {
  Octets octets(size);
  for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(generator());
  return octets;
}

std::unique_ptr<Aead> make(AeadAlgorithm algorithm, ByteSpan key, AeadProvider provider) {
  auto aead = make_aead(algorithm, key, provider);
  if (!aead.has_value()) std::abort();
  return std::move(*aead);
}

AeadBatch::AeadBatch(const AeadBatch& other) : memory_(other.memory_), packets_(other.packets_) {
  for (std::size_t i = 0; i < packets_.size(); ++i) {
    packets_[i].data = memory_[i].data() + kGuardSize;
    packets_[i].icv = packets_[i].data + packets_[i].size;
  }
}

void AeadBatch::add(ByteSpan data, ByteSpan icv, ByteSpan nonce, ByteSpan aad) {
  Octets& memory = memory_.emplace_back(kGuardSize, kGuard);
  memory.insert(memory.end(), data.begin(), data.end());
  memory.insert(memory.end(), icv.begin(), icv.end());
  memory.resize(memory.size() + kGuardSize + kAeadIcvSize - icv.size(), kGuard);
  AeadPacket& packet = packets_.emplace_back();
  packet.data = memory.data() + kGuardSize;
  packet.size = data.size();
  packet.icv = packet.data + packet.size;
  packet.nonce.fill(0);
  packet.aad.fill(kGuard);
  std::copy(nonce.begin(), nonce.end(), packet.nonce.begin());
  std::copy(aad.begin(), aad.end(), packet.aad.begin());
  packet.aad_size = static_cast<std::uint8_t>(aad.size());
}

AeadBatch AeadBatch::random(std::mt19937_64& generator, std::size_t count, std::size_t max_size) {
  AeadBatch batch;
  for (std::size_t i = 0; i < count; ++i) {
    // Half of them small, where the edges are.
    const std::size_t limit = generator() % 2 == 0 ? max_size : std::min<std::size_t>(max_size, 96);
    batch.add(random_octets(generator, generator() % (limit + 1)), {},
              random_octets(generator, kAeadNonceSize),
              random_octets(generator, generator() % 2 == 0 ? 8 : 12));
  }
  return batch;
}

Octets AeadBatch::data(std::size_t index) const {
  const AeadPacket& packet = packets_[index];
  return Octets(packet.data, packet.data + packet.size);
}

Octets AeadBatch::icv(std::size_t index) const {
  const AeadPacket& packet = packets_[index];
  return Octets(packet.icv, packet.icv + kAeadIcvSize);
}

bool AeadBatch::guards_intact() const {
  const auto is_guard = [](std::uint8_t octet) { return octet == kGuard; };
  return std::all_of(memory_.begin(), memory_.end(), [&](const Octets& memory) {
    return std::all_of(memory.begin(), memory.begin() + kGuardSize, is_guard) &&
           std::all_of(memory.end() - kGuardSize, memory.end(), is_guard);
  });
}

}  // namespace hawser::test
