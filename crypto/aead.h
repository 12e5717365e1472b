// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace hawser {

// The AEADs of ESP (RFC 4106, RFC 7634): 12-octet nonce (salt 4 | IV 8), 16-octet ICV.
enum class AeadAlgorithm : std::uint8_t { kAes128Gcm, kAes256Gcm, kChaCha20Poly1305 };

inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadSaltSize = 4;
inline constexpr std::size_t kAeadIcvSize = 16;
inline constexpr std::size_t kAeadMaxAadSize = 12;

// 16 or 32 octets, without the salt.
std::size_t aead_key_size(AeadAlgorithm algorithm);
// "aes-128-gcm", "aes-256-gcm", "chacha20-poly1305": as in the config.
std::string_view aead_name(AeadAlgorithm algorithm);
std::optional<AeadAlgorithm> aead_from_name(std::string_view name);

// One packet to seal or open in place.
struct AeadPacket {
  std::uint8_t* data = nullptr;  // plaintext <-> ciphertext, `size` octets
  std::size_t size = 0;
  std::uint8_t* icv = nullptr;  // 16 octets: written by seal, compared by open
  std::array<std::uint8_t, kAeadNonceSize> nonce;
  std::array<std::uint8_t, kAeadMaxAadSize> aad;
  std::uint8_t aad_size = 0;  // 8, or 12 with ESN
  bool authentic = false;     // set by open
};

enum class AeadProvider : std::uint8_t { kOpenSsl, kIpsecMb };
std::string_view aead_provider_name(AeadProvider provider);

enum class AeadError : std::uint8_t { kKeySize, kUnavailable };

// One key of one algorithm. Works on batches, in place; does not allocate per call. Not
// thread-safe: each worker has its own. All packets of a batch must have distinct memory.
class Aead {
 public:
  virtual ~Aead() = default;
  // Encrypts data and writes the ICV of each packet. Cannot fail.
  virtual void seal(std::span<AeadPacket> batch) = 0;
  // Decrypts each packet and sets `authentic` after a constant-time comparison of its ICV. What is
  // not authentic has its data zeroed: no unauthenticated plaintext leaves this call.
  virtual void open(std::span<AeadPacket> batch) = 0;
  virtual AeadAlgorithm algorithm() const = 0;
  virtual AeadProvider provider() const = 0;
};

// With the fastest provider that this machine has, or with the one named. `key` without salt.
Result<std::unique_ptr<Aead>, AeadError> make_aead(AeadAlgorithm algorithm, ByteSpan key);
Result<std::unique_ptr<Aead>, AeadError> make_aead(AeadAlgorithm algorithm, ByteSpan key,
                                                   AeadProvider provider);
// True if compiled in and the CPU can.
bool aead_provider_available(AeadProvider provider);

}  // namespace hawser
