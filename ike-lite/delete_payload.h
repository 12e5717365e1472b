// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Delete payload (RFC 7296 section 3.11):
//
//   |  protocol ID  |   SPI size    |          num of SPIs          |
//   |              SPIs, of 4 octets for ESP and AH                 |
//
// For the IKE SA size and number are 0.
Result<DeletePayload, WireFailure> parse_delete(ByteReader& body);
void serialize(const DeletePayload& payload, OctetWriter& writer);

}  // namespace hawser
