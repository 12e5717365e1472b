// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "crypto/openssl_handle.h"
#include "crypto/prf.h"

namespace hawser {

// HMAC (RFC 2104) with one key, any number of messages one after another; only crypto/ includes
// this. OpenSSL keeps the key in its heap and wipes it with the object.
class Hmac {
 public:
  Hmac(PrfAlgorithm algorithm, ByteSpan key);

  void update(ByteSpan bytes);
  // `out` has prf_size() octets. Afterwards a new message begins, under the same key.
  void finish(MutableByteSpan out);

 private:
  MacContext context_;
};

}  // namespace hawser
