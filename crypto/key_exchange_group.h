// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/key_exchange.h"

namespace hawser {

// What KeyExchange::generate() chooses from; only crypto/ includes this. nullptr if the library
// fails.
std::unique_ptr<KeyExchange> make_x25519_key_exchange(Random& random);
std::unique_ptr<KeyExchange> make_p256_key_exchange(Random& random);

}  // namespace hawser
