// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/certificate_payload.h"

namespace hawser {

Result<CertificatePayload, WireFailure> parse_certificate(ByteReader& body) {
  auto payload = parse_certificate_request(body);
  if (payload && payload->data.empty()) return malformed();
  return payload;
}

Result<CertificatePayload, WireFailure> parse_certificate_request(ByteReader& body) {
  CertificatePayload payload;
  ByteSpan data;
  if (!body.read_u8(payload.encoding) || !body.read_bytes(body.remaining(), data)) {
    return malformed();
  }
  payload.data.assign(data.begin(), data.end());
  return payload;
}

void serialize(const CertificatePayload& payload, OctetWriter& writer) {
  writer.write_u8(payload.encoding);
  writer.write_bytes(payload.data);
}

}  // namespace hawser
