// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Identification payloads, initiator's and responder's (RFC 7296 section 3.5):
//
//   |    ID type    |                   reserved                    |
//   |                     identification data                       |
//
// The reserved octets are kept as they came, since AUTH is made over them (section 2.15).
Result<IkeIdentity, WireFailure> parse_identity(ByteReader& body);
void serialize(const IkeIdentity& identity, OctetWriter& writer);

}  // namespace hawser
