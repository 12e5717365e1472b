// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/nat_detection.h"

#include <algorithm>

#include "crypto/digest.h"
#include "ike-lite/spi_octets.h"

namespace hawser {
namespace {

// SHA-1(SPIi | SPIr | address | port).
Sha1Digest hash_of(const IkeSpiPair& spis, const TransportAddress& end) {
  std::uint8_t port_octets[2];
  store_be16(port_octets, end.port);
  return sha1({octets_of(spis), end.address.octets(), port_octets});
}

void add(IkePayloads& payloads, NotifyType type, const Sha1Digest& hash) {
  payloads.add_notify(type, {hash.begin(), hash.end()});
}

// RFC 7296 section 2.23: there may be several of the source, for each address of a sender.
bool any_equals(const IkePayloads& payloads, NotifyType type, const Sha1Digest& hash) {
  return std::ranges::any_of(payloads.notifies, [&](const NotifyPayload& notify) {
    return notify.is(type) && std::ranges::equal(notify.data, hash);
  });
}

}  // namespace

void add_nat_detection(IkePayloads& payloads, const IkeSpiPair& spis, const AddressPair& path) {
  add(payloads, NotifyType::kNatDetectionSourceIp, hash_of(spis, path.local));
  add(payloads, NotifyType::kNatDetectionDestinationIp, hash_of(spis, path.remote));
}

std::optional<NatVerdict> detect_nat(const IkePayloads& payloads, const IkeSpiPair& spis,
                                     const AddressPair& path) {
  if (payloads.find(NotifyType::kNatDetectionSourceIp) == nullptr ||
      payloads.find(NotifyType::kNatDetectionDestinationIp) == nullptr) {
    return std::nullopt;
  }
  return NatVerdict{
      .peer_is_behind_nat =
          !any_equals(payloads, NotifyType::kNatDetectionSourceIp, hash_of(spis, path.remote)),
      .we_are_behind_nat =
          !any_equals(payloads, NotifyType::kNatDetectionDestinationIp, hash_of(spis, path.local))};
}

}  // namespace hawser
