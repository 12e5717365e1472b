// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace hawser {

// Owners of OpenSSL's objects; only crypto/ includes this.
template <auto kFree>
struct OpenSslDeleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

template <typename T, auto kFree>
using OpenSslHandle = std::unique_ptr<T, OpenSslDeleter<kFree>>;

using BioHandle = OpenSslHandle<BIO, BIO_free>;
// BN_clear_free() and EC_POINT_clear_free() wipe, as numbers and points here may be secret.
using BigNumberHandle = OpenSslHandle<BIGNUM, BN_clear_free>;
using BigNumberContext = OpenSslHandle<BN_CTX, BN_CTX_free>;
using PointHandle = OpenSslHandle<EC_POINT, EC_POINT_clear_free>;
using KeyHandle = OpenSslHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = OpenSslHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = OpenSslHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using MacContext = OpenSslHandle<EVP_MAC_CTX, EVP_MAC_CTX_free>;

// OpenSSL remembers what failed for its thread, and TLS takes what it finds there for its own: who
// calls something that a peer or a file can make fail leaves nothing behind.
struct CleanErrorQueue {
  CleanErrorQueue() = default;
  CleanErrorQueue(const CleanErrorQueue&) = delete;
  CleanErrorQueue& operator=(const CleanErrorQueue&) = delete;
  ~CleanErrorQueue() { ERR_clear_error(); }
};

}  // namespace hawser
