// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/key_exchange_payload.h"

namespace hawser {

Result<KeyExchangePayload, WireFailure> parse_key_exchange(ByteReader& body) {
  KeyExchangePayload payload;
  ByteSpan data;
  if (!body.read_u16(payload.group) || !body.skip(2) || body.at_end() ||
      !body.read_bytes(body.remaining(), data)) {
    return malformed();
  }
  payload.data.assign(data.begin(), data.end());
  return payload;
}

void serialize(const KeyExchangePayload& payload, OctetWriter& writer) {
  writer.write_u16(payload.group);
  writer.write_u16(0);
  writer.write_bytes(payload.data);
}

}  // namespace hawser
