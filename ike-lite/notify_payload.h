// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Notify payload (RFC 7296 section 3.10):
//
//   |  protocol ID  |   SPI size    |      notify message type      |
//   |                       SPI, SPI size octets                     |
//   |                       notification data                        |
//
// Without an SPI the protocol means nothing and is read as none.
Result<NotifyPayload, WireFailure> parse_notify(ByteReader& body);
void serialize(const NotifyPayload& payload, OctetWriter& writer);

}  // namespace hawser
