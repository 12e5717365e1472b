// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/address_pair.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// Who is behind a NAT, as each end says from where it sends and where it sends to (RFC 7296 section
// 2.23). A hash that matches nothing is no error: some peers send a wrong one on purpose so that
// ESP is encapsulated, which it always is here.
struct NatVerdict {
  bool peer_is_behind_nat = false;
  bool we_are_behind_nat = false;
  friend bool operator==(const NatVerdict&, const NatVerdict&) = default;
};

// Adds NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP for a message that goes that way.
// In the request of IKE_SA_INIT the responder's SPI is 0. If the local address is unspecified (the
// routes choose it) the source hash matches nothing: the peer then takes us to be behind a NAT and
// follows our address, which is right for a host that does not know its own.
void add_nat_detection(IkePayloads& payloads, const IkeSpiPair& spis, const AddressPair& path);

// From what came on that way; nothing if the peer sent no such notifies.
std::optional<NatVerdict> detect_nat(const IkePayloads& payloads, const IkeSpiPair& spis,
                                     const AddressPair& path);

}  // namespace hawser
