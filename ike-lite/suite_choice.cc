// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cassert>
#include <utility>

#include "base/bytes.h"
#include "ike-lite/ike_suite.h"
#include "ike-lite/suite_wishes.h"

namespace hawser {
namespace {

constexpr std::size_t kEspSpiSize = 4;

const Transform* find_type(const std::vector<Transform>& transforms, TransformType type) {
  const auto found = std::ranges::find_if(transforms, [&](const Transform& transform) {
    return transform.type == static_cast<std::uint8_t>(type);
  });
  return found == transforms.end() ? nullptr : &*found;
}

// What was taken equals something that was wished, so that any other number cannot be.
AeadAlgorithm encryption_of(const std::vector<Transform>& transforms) {
  const Transform& transform = *find_type(transforms, TransformType::kEncryption);
  if (transform.id == kEncryptionChaCha20Poly1305) return AeadAlgorithm::kChaCha20Poly1305;
  return transform.key_bits == 128 ? AeadAlgorithm::kAes128Gcm : AeadAlgorithm::kAes256Gcm;
}

PrfAlgorithm prf_of(const std::vector<Transform>& transforms) {
  switch (find_type(transforms, TransformType::kPrf)->id) {
    case kPrfHmacSha384:
      return PrfAlgorithm::kHmacSha384;
    case kPrfHmacSha512:
      return PrfAlgorithm::kHmacSha512;
    default:
      return PrfAlgorithm::kHmacSha256;
  }
}

std::optional<KeyExchangeGroup> group_of(const std::vector<Transform>& transforms) {
  const Transform* const transform = find_type(transforms, TransformType::kKeyExchange);
  return transform == nullptr ? std::nullopt : group_from_wire(transform->id);
}

bool has_ml_kem(const std::vector<Transform>& transforms) {
  const Transform* const transform = find_type(transforms, TransformType::kAdditionalKeyExchange1);
  return transform != nullptr && transform->id == kGroupMlKem768;
}

SaPayload make_answer(const TakenProposal& taken, ByteSpan our_spi) {
  return {.proposals = {{.number = taken.proposal->number,
                         .protocol = taken.proposal->protocol,
                         .spi = {our_spi.begin(), our_spi.end()},
                         .transforms = taken.transforms}}};
}

// RFC 7296 section 2.7: the answer must be one of the proposals, with one transform of each type.
bool is_subset(const Proposal& answer, const SaPayload& offered) {
  const auto asked = std::ranges::find_if(offered.proposals, [&](const Proposal& proposal) {
    return proposal.number == answer.number && proposal.protocol == answer.protocol;
  });
  if (asked == offered.proposals.end() || asked->spi.size() != answer.spi.size()) return false;
  for (const Transform& transform : answer.transforms) {
    const auto of_this_type = std::ranges::count_if(
        answer.transforms, [&](const Transform& other) { return other.type == transform.type; });
    if (of_this_type != 1 ||
        std::ranges::find(asked->transforms, transform) == asked->transforms.end()) {
      return false;
    }
  }
  return std::ranges::all_of(asked->transforms, [&](const Transform& transform) {
    return std::ranges::any_of(
        answer.transforms, [&](const Transform& other) { return other.type == transform.type; });
  });
}

template <typename Chosen, typename Policy>
Result<Chosen, std::string> accept(const SaPayload& offered, const SaPayload& answer,
                                   const Policy& policy) {
  if (answer.proposals.size() != 1 || !is_subset(answer.proposals[0], offered)) {
    return failure(std::string("peer chose something that was not proposed"));
  }
  Result<Chosen, std::string> chosen = choose(policy, answer, answer.proposals[0].spi);
  if (chosen) chosen->answer = answer;
  return chosen;
}

}  // namespace

Result<ChosenIkeSuite, std::string> choose(const IkeSuitePolicy& policy, const SaPayload& offered,
                                           ByteSpan our_spi) {
  const auto taken =
      take_proposal(wishes_of(policy), SecurityProtocol::kIke, our_spi.size(), offered);
  if (!taken) return failure(taken.error());
  return ChosenIkeSuite{.suite = {.encryption = encryption_of(taken->transforms),
                                  .prf = prf_of(taken->transforms),
                                  .group = *group_of(taken->transforms),
                                  .ml_kem = has_ml_kem(taken->transforms)},
                        .answer = make_answer(*taken, our_spi),
                        .spi = taken->proposal->spi};
}

Result<ChosenChildSuite, std::string> choose(const ChildSuitePolicy& policy,
                                             const SaPayload& offered, ByteSpan our_spi) {
  assert(our_spi.size() == kEspSpiSize);
  const auto taken = take_proposal(wishes_of(policy), SecurityProtocol::kEsp, kEspSpiSize, offered);
  if (!taken) return failure(taken.error());
  const Transform* const numbers = find_type(taken->transforms, TransformType::kSequenceNumbers);
  return ChosenChildSuite{.suite = {.encryption = encryption_of(taken->transforms),
                                    .esn = numbers->id == kSequenceNumbersEsn,
                                    .group = group_of(taken->transforms)},
                          .answer = make_answer(*taken, our_spi),
                          .peer_spi = Spi(load_be32(taken->proposal->spi.data()))};
}

Result<ChosenIkeSuite, std::string> accept_answer(const SaPayload& offered, const SaPayload& answer,
                                                  const IkeSuitePolicy& policy) {
  return accept<ChosenIkeSuite>(offered, answer, policy);
}

Result<ChosenChildSuite, std::string> accept_answer(const SaPayload& offered,
                                                    const SaPayload& answer,
                                                    const ChildSuitePolicy& policy) {
  return accept<ChosenChildSuite>(offered, answer, policy);
}

}  // namespace hawser
