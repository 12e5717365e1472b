// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Configuration payload (RFC 7296 section 3.15):
//
//   |   CFG type    |                   reserved                    |
//
// and attributes to its end (section 3.15.1)
//
//   |R|       attribute type        |            length             |
//   |                             value                             |
Result<ConfigurationPayload, WireFailure> parse_configuration(ByteReader& body);
void serialize(const ConfigurationPayload& payload, OctetWriter& writer);

}  // namespace hawser
