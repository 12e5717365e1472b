// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Key Exchange payload (RFC 7296 section 3.4):
//
//   |      key exchange method      |           reserved            |
//   |                      key exchange data                        |
Result<KeyExchangePayload, WireFailure> parse_key_exchange(ByteReader& body);
void serialize(const KeyExchangePayload& payload, OctetWriter& writer);

}  // namespace hawser
