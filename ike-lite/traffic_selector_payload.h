// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ike-lite/ike_payloads.h"
#include "ike-lite/octet_writer.h"

namespace hawser {

// Traffic Selector payloads (RFC 7296 section 3.13):
//
//   | number of TSs |                   reserved                    |
//
// and that many of (section 3.13.1)
//
//   |   TS type     | IP protocol   |       selector length         |
//   |          start port           |           end port            |
//   |            starting address, 4 or 16 octets                   |
//   |            ending address, 4 or 16 octets                     |
Result<TrafficSelectorPayload, WireFailure> parse_traffic_selectors(ByteReader& body);
// Of at least one selector. The first kMaxTrafficSelectors, if there are more: who offers less than
// it wants gets less, and nothing wrong.
void serialize(const TrafficSelectorPayload& payload, OctetWriter& writer);

}  // namespace hawser
