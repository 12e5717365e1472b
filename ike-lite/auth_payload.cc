// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/auth_payload.h"

namespace hawser {

Result<AuthPayload, WireFailure> parse_auth(ByteReader& body) {
  AuthPayload payload;
  ByteSpan data;
  if (!body.read_u8(payload.method) || !body.skip(3) || body.at_end() ||
      !body.read_bytes(body.remaining(), data)) {
    return malformed();
  }
  payload.data.assign(data.begin(), data.end());
  return payload;
}

void serialize(const AuthPayload& payload, OctetWriter& writer) {
  writer.write_u8(payload.method);
  writer.write_zeros(3);
  writer.write_bytes(payload.data);
}

}  // namespace hawser
