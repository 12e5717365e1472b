// SPDX-License-Identifier: Apache-2.0
#include "crypto/hmac.h"

#include <openssl/core_names.h>

#include <array>

#include "crypto/fatal.h"

namespace hawser {
namespace {

const char* digest_name(PrfAlgorithm algorithm) {
  switch (algorithm) {
    case PrfAlgorithm::kHmacSha256:
      return "SHA256";
    case PrfAlgorithm::kHmacSha384:
      return "SHA384";
    case PrfAlgorithm::kHmacSha512:
      return "SHA512";
  }
  return "";
}

MacContext make_template(PrfAlgorithm algorithm) {
  const OpenSslHandle<EVP_MAC, EVP_MAC_free> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac.get()));
  char* const name = const_cast<char*>(digest_name(algorithm));  // OpenSSL only reads it
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
      OSSL_PARAM_construct_end(),
  };
  if (context == nullptr || EVP_MAC_CTX_set_params(context.get(), params) != 1) {
    die("OpenSSL has no HMAC.");
  }
  return context;
}

// To look an algorithm up takes longer than to use it on a short message, so it is done once; a
// copy of what was found has no key and may be made by any thread. Never destroyed: secrets may be
// derived until the process ends.
const MacContext& template_of(PrfAlgorithm algorithm) {
  static const auto& templates = *new std::array<MacContext, 3>{
      make_template(PrfAlgorithm::kHmacSha256), make_template(PrfAlgorithm::kHmacSha384),
      make_template(PrfAlgorithm::kHmacSha512)};
  return templates[static_cast<std::size_t>(algorithm)];
}

}  // namespace

Hmac::Hmac(PrfAlgorithm algorithm, ByteSpan key)
    : context_(EVP_MAC_CTX_dup(template_of(algorithm).get())) {
  // To OpenSSL nullptr would mean "the key before"; an empty key is a key.
  static constexpr std::uint8_t kNothing = 0;
  const std::uint8_t* const octets = key.empty() ? &kNothing : key.data();
  if (context_ == nullptr || EVP_MAC_init(context_.get(), octets, key.size(), nullptr) != 1) {
    die("OpenSSL cannot begin an HMAC.");
  }
}

void Hmac::update(ByteSpan bytes) {
  if (!bytes.empty() && EVP_MAC_update(context_.get(), bytes.data(), bytes.size()) != 1) {
    die("OpenSSL cannot go on with an HMAC.");
  }
}

void Hmac::finish(MutableByteSpan out) {
  std::size_t size = 0;
  if (EVP_MAC_final(context_.get(), out.data(), &size, out.size()) != 1 || size != out.size() ||
      EVP_MAC_init(context_.get(), nullptr, 0, nullptr) != 1) {
    die("OpenSSL cannot end an HMAC.");
  }
}

}  // namespace hawser
