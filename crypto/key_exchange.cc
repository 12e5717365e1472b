// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_exchange.h"

#include "crypto/key_exchange_group.h"

namespace hawser {

std::size_t key_exchange_public_size(KeyExchangeGroup group) {
  return group == KeyExchangeGroup::kX25519 ? 32 : 64;
}

Result<std::unique_ptr<KeyExchange>, KeyExchangeError> KeyExchange::generate(KeyExchangeGroup group,
                                                                             Random& random) {
  std::unique_ptr<KeyExchange> key = group == KeyExchangeGroup::kX25519
                                         ? make_x25519_key_exchange(random)
                                         : make_p256_key_exchange(random);
  if (key == nullptr) return failure(KeyExchangeError::kUnavailable);
  return key;
}

}  // namespace hawser
