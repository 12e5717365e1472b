// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Security Association payload (RFC 7296 section 3.3): proposals to the end of the payload,
//
//   | last 0, more 2 |   reserved    |        proposal length        |
//   | proposal num   | protocol ID   |   SPI size    |num transforms |
//   |                       SPI, SPI size octets                     |
//   |                          transforms                            |
//
// each with transforms (section 3.3.2),
//
//   | last 0, more 3 |   reserved    |       transform length        |
//   | transform type |   reserved    |         transform ID          |
//   |                          attributes                            |
//
// each with attributes (section 3.3.5): 1 | type 15 | value 16, or 0 | type 15 | length 16 | value.
//
// A single proposal may have any number but 0: an answer repeats that of the proposal it accepts.
Result<SaPayload, WireFailure> parse_sa(ByteReader& body);
void serialize(const SaPayload& payload, OctetWriter& writer);

}  // namespace hawser
