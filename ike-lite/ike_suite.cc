// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_suite.h"

#include "ike-lite/suite_wishes.h"
#include "ike-lite/transform_names.h"

namespace hawser {
namespace {

Proposal make_proposal(std::uint8_t number, SecurityProtocol protocol, ByteSpan spi,
                       const SuiteWishes& wishes) {
  Proposal proposal{.number = number, .protocol = protocol, .spi = {spi.begin(), spi.end()}};
  for (const TransformWish& wish : wishes) {
    // RFC 5282 section 8: with an AEAD no integrity algorithm is offered; and what may be absent
    // is offered without.
    for (const NamedTransform& acceptable : wish.acceptable) {
      const bool is_none =
          acceptable.transform.id == kIntegrityNone &&
          (wish.type == TransformType::kIntegrity || wish.type == TransformType::kKeyExchange ||
           wish.type == TransformType::kAdditionalKeyExchange1);
      if (!is_none) proposal.transforms.push_back(acceptable.transform);
    }
  }
  return proposal;
}

}  // namespace

std::string IkeSuite::to_string() const {
  return std::string(aead_name(encryption)) + ", " + std::string(prf_name(prf)) + ", " +
         std::string(key_exchange_name(group)) + (ml_kem ? ", ml-kem-768" : "");
}

std::string ChildSuite::to_string() const {
  std::string text(aead_name(encryption));
  if (esn) text += ", esn";
  if (group) text += ", " + std::string(key_exchange_name(*group));
  return text;
}

SaPayload offer(const IkeSuitePolicy& policy, ByteSpan spi) {
  SaPayload payload;
  payload.proposals.push_back(make_proposal(1, SecurityProtocol::kIke, spi, wishes_of(policy)));
  if (policy.ml_kem) {
    // For who does not know that type of transform, and must refuse the first proposal for it.
    IkeSuitePolicy without = policy;
    without.ml_kem = false;
    payload.proposals.push_back(make_proposal(2, SecurityProtocol::kIke, spi, wishes_of(without)));
  }
  return payload;
}

SaPayload offer(const ChildSuitePolicy& policy, ByteSpan spi) {
  SaPayload payload;
  if (!policy.groups.empty()) {
    payload.proposals.push_back(make_proposal(1, SecurityProtocol::kEsp, spi, wishes_of(policy)));
  }
  if (policy.groups.empty() || !policy.require_group) {
    ChildSuitePolicy without = policy;
    without.groups.clear();
    without.require_group = false;
    const auto number = static_cast<std::uint8_t>(payload.proposals.size() + 1);
    payload.proposals.push_back(
        make_proposal(number, SecurityProtocol::kEsp, spi, wishes_of(without)));
  }
  return payload;
}

std::uint16_t wire_id(KeyExchangeGroup group) {
  switch (group) {
    case KeyExchangeGroup::kX25519:
      return kGroupX25519;
    case KeyExchangeGroup::kP256:
      return kGroupP256;
  }
  return kGroupNone;
}

std::optional<KeyExchangeGroup> group_from_wire(std::uint16_t id) {
  for (const auto group : {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256}) {
    if (wire_id(group) == id) return group;
  }
  return std::nullopt;
}

}  // namespace hawser
