// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <climits>
#include <utility>

#include "crypto/aead_provider.h"
#include "crypto/fatal.h"

namespace hawser {
namespace {

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

const EVP_CIPHER* cipher_of(AeadAlgorithm algorithm) {
  switch (algorithm) {
    case AeadAlgorithm::kAes128Gcm:
      return EVP_aes_128_gcm();
    case AeadAlgorithm::kAes256Gcm:
      return EVP_aes_256_gcm();
    case AeadAlgorithm::kChaCha20Poly1305:
      return EVP_chacha20_poly1305();
  }
  return nullptr;
}

enum Direction : int { kOpen = 0, kSeal = 1 };

// One EVP context for both directions: the cipher is fetched and the key expanded once, a packet
// only sets the nonce. OpenSSL keeps the key schedule in its heap and wipes it when it frees it.
class OpenSslAead final : public Aead {
 public:
  OpenSslAead(AeadAlgorithm algorithm, Context context)
      : algorithm_(algorithm), context_(std::move(context)) {}

  void seal(std::span<AeadPacket> batch) override {
    for (AeadPacket& packet : batch) {
      int unused = 0;
      if (!transform(packet, kSeal) ||
          EVP_CipherFinal_ex(context_.get(), packet.icv, &unused) != 1 ||
          EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kAeadIcvSize, packet.icv) !=
              1) {
        die("OpenSSL cannot seal a packet.");
      }
    }
  }

  void open(std::span<AeadPacket> batch) override {
    for (AeadPacket& packet : batch) {
      std::uint8_t unused[kAeadIcvSize];
      int unused_size = 0;
      // OpenSSL compares in constant time (CRYPTO_memcmp).
      conclude(packet, transform(packet, kOpen) &&
                           EVP_CipherFinal_ex(context_.get(), unused, &unused_size) == 1);
    }
  }

  AeadAlgorithm algorithm() const override { return algorithm_; }
  AeadProvider provider() const override { return AeadProvider::kOpenSsl; }

 private:
  bool transform(AeadPacket& packet, Direction direction) {
    EVP_CIPHER_CTX* const context = context_.get();
    int size = 0;
    if (packet.size > INT_MAX || packet.aad_size > kAeadMaxAadSize) return false;
    if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, packet.nonce.data(), direction) != 1)
      return false;
    if (direction == kOpen &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadIcvSize, packet.icv) != 1)
      return false;
    if (packet.aad_size != 0 &&
        EVP_CipherUpdate(context, nullptr, &size, packet.aad.data(), packet.aad_size) != 1)
      return false;
    return packet.size == 0 || EVP_CipherUpdate(context, packet.data, &size, packet.data,
                                                static_cast<int>(packet.size)) == 1;
  }

  AeadAlgorithm algorithm_;
  Context context_;
};

}  // namespace

std::unique_ptr<Aead> make_open_ssl_aead(AeadAlgorithm algorithm, ByteSpan key) {
  Context context(EVP_CIPHER_CTX_new());
  if (context == nullptr ||
      EVP_CipherInit_ex(context.get(), cipher_of(algorithm), nullptr, nullptr, nullptr, kSeal) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, kAeadNonceSize, nullptr) != 1 ||
      EVP_CipherInit_ex(context.get(), nullptr, nullptr, key.data(), nullptr, kSeal) != 1) {
    return nullptr;
  }
  return std::make_unique<OpenSslAead>(algorithm, std::move(context));
}

}  // namespace hawser
