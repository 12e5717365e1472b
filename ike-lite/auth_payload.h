// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Authentication payload (RFC 7296 section 3.8):
//
//   |  auth method  |                   reserved                    |
//   |                     authentication data                       |
Result<AuthPayload, WireFailure> parse_auth(ByteReader& body);
void serialize(const AuthPayload& payload, OctetWriter& writer);

}  // namespace hawser
