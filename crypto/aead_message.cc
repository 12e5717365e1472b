// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead_message.h"

#include <array>
#include <cassert>
#include <climits>

#include "crypto/fatal.h"
#include "crypto/openssl_handle.h"

namespace hawser {
namespace {

using CipherContext = OpenSslHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

const EVP_CIPHER* fetch(const char* name) {
  const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  if (cipher == nullptr) die("OpenSSL lacks AES-GCM or ChaCha20-Poly1305.");
  return cipher;
}

// Found once, as in hmac.cc, and never given back.
const EVP_CIPHER* cipher_of(AeadAlgorithm algorithm) {
  static const std::array<const EVP_CIPHER*, 3> ciphers = {
      fetch("AES-128-GCM"), fetch("AES-256-GCM"), fetch("ChaCha20-Poly1305")};
  return ciphers[static_cast<std::size_t>(algorithm)];
}

enum Direction : int { kOpen = 0, kSeal = 1 };

// All but the ICV. 12 octets are what OpenSSL takes the nonces of these ciphers to have.
bool transform(EVP_CIPHER_CTX* context, AeadAlgorithm algorithm, ByteSpan key,
               const AeadMessage& message, Direction direction) {
  assert(key.size() == aead_key_size(algorithm) && message.nonce.size() == kAeadNonceSize);
  assert(message.icv.size() == kAeadIcvSize);
  if (context == nullptr || message.data.size() > INT_MAX || message.aad.size() > INT_MAX ||
      EVP_CipherInit_ex2(context, cipher_of(algorithm), key.data(), message.nonce.data(), direction,
                         nullptr) != 1) {
    return false;
  }
  int size = 0;
  if (direction == kOpen &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadIcvSize, message.icv.data()) != 1) {
    return false;
  }
  if (!message.aad.empty() && EVP_CipherUpdate(context, nullptr, &size, message.aad.data(),
                                               static_cast<int>(message.aad.size())) != 1) {
    return false;
  }
  return message.data.empty() ||
         EVP_CipherUpdate(context, message.data.data(), &size, message.data.data(),
                          static_cast<int>(message.data.size())) == 1;
}

}  // namespace

void seal_message(AeadAlgorithm algorithm, ByteSpan key, const AeadMessage& message) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  int unused = 0;
  if (!transform(context.get(), algorithm, key, message, kSeal) ||
      EVP_CipherFinal_ex(context.get(), message.icv.data(), &unused) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadIcvSize, message.icv.data()) !=
          1) {
    die("OpenSSL cannot seal a message.");
  }
}

bool open_message(AeadAlgorithm algorithm, ByteSpan key, const AeadMessage& message) {
  const CleanErrorQueue clean;
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::uint8_t unused[kAeadIcvSize];
  int unused_size = 0;
  // OpenSSL compares in constant time (CRYPTO_memcmp).
  const bool authentic = transform(context.get(), algorithm, key, message, kOpen) &&
                         EVP_CipherFinal_ex(context.get(), unused, &unused_size) == 1;
  if (!authentic) secure_wipe(message.data);
  return authentic;
}

}  // namespace hawser
