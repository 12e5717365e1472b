// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Certificate and Certificate Request payloads (RFC 7296 sections 3.6 and 3.7):
//
//   | cert encoding |     certificate data, or names of authorities |
//
// A request may name nobody, a certificate is not empty.
Result<CertificatePayload, WireFailure> parse_certificate(ByteReader& body);
Result<CertificatePayload, WireFailure> parse_certificate_request(ByteReader& body);
void serialize(const CertificatePayload& payload, OctetWriter& writer);

}  // namespace hawser
