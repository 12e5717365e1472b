// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "crypto/openssl_handle.h"
#include "crypto/signature.h"

namespace hawser {

// What certificates and signing keys have in common; only crypto/ includes this.

// The schemes that a key can be used with, the best first; none if the key is of a kind, curve or
// size that is not accepted.
std::span<const SignatureScheme> schemes_of(const EVP_PKEY* key);
// Why schemes_of() is empty: "an RSA key of 1024 bits".
std::string description_of(const EVP_PKEY* key);

// A context for EVP_DigestSign or EVP_DigestVerify is set up alike for both but for the call.
using SignatureInit = int (*)(EVP_MD_CTX*, EVP_PKEY_CTX**, const EVP_MD*, ENGINE*, EVP_PKEY*);
bool begin_signature(SignatureInit init, EVP_MD_CTX* context, SignatureScheme scheme,
                     EVP_PKEY* key);

}  // namespace hawser
