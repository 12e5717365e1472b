// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"

#include "crypto/fatal.h"
#include "crypto/hmac.h"
#include "crypto/openssl_handle.h"

namespace hawser {
namespace {

// Found once, as in hmac.cc, and never given back.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* const digest = EVP_MD_fetch(nullptr, name, nullptr);
  if (digest == nullptr) die("OpenSSL lacks SHA-1 or SHA-256.");
  return digest;
}

template <typename Digest>
Digest digest_of(const EVP_MD* algorithm, std::span<const ByteSpan> parts) {
  Digest result{};
  const DigestContext context(EVP_MD_CTX_new());
  bool ok = context != nullptr && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
  for (const ByteSpan part : parts) {
    ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  if (!ok || EVP_DigestFinal_ex(context.get(), result.data(), nullptr) != 1) {
    die("OpenSSL cannot hash.");
  }
  return result;
}

}  // namespace

Sha1Digest sha1(std::span<const ByteSpan> parts) {
  static const EVP_MD* const algorithm = fetch("SHA1");
  return digest_of<Sha1Digest>(algorithm, parts);
}

Sha256Digest sha256(std::span<const ByteSpan> parts) {
  static const EVP_MD* const algorithm = fetch("SHA256");
  return digest_of<Sha256Digest>(algorithm, parts);
}

Sha256Digest hmac_sha256(ByteSpan key, std::span<const ByteSpan> parts) {
  Sha256Digest result{};
  Hmac hmac(PrfAlgorithm::kHmacSha256, key);
  for (const ByteSpan part : parts) hmac.update(part);
  hmac.finish(result);
  return result;
}

}  // namespace hawser
