// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/suite_wishes.h"

#include <algorithm>
#include <optional>
#include <string>

#include "ike-lite/transform_names.h"

namespace hawser {
namespace {

// A sentence does not grow with what a peer sends.
constexpr std::size_t kMaxNames = 8;

Transform make_transform(TransformType type, std::uint16_t id) {
  return {.type = static_cast<std::uint8_t>(type), .id = id};
}

Transform encryption_transform(AeadAlgorithm algorithm) {
  if (algorithm == AeadAlgorithm::kChaCha20Poly1305) {
    return make_transform(TransformType::kEncryption, kEncryptionChaCha20Poly1305);
  }
  Transform transform = make_transform(TransformType::kEncryption, kEncryptionAesGcm16);
  transform.key_bits = static_cast<std::uint16_t>(8 * aead_key_size(algorithm));
  return transform;
}

std::uint16_t prf_id(PrfAlgorithm algorithm) {
  switch (algorithm) {
    case PrfAlgorithm::kHmacSha256:
      return kPrfHmacSha256;
    case PrfAlgorithm::kHmacSha384:
      return kPrfHmacSha384;
    case PrfAlgorithm::kHmacSha512:
      return kPrfHmacSha512;
  }
  return 0;
}

TransformWish encryption_wish(const std::vector<AeadAlgorithm>& ciphers) {
  TransformWish wish{.type = TransformType::kEncryption, .what = "encryption"};
  for (const AeadAlgorithm cipher : ciphers) {
    wish.acceptable.push_back({encryption_transform(cipher), aead_name(cipher)});
  }
  return wish;
}

// RFC 5282 section 8: an AEAD goes with no integrity algorithm, or with NONE.
TransformWish integrity_wish() {
  return {.type = TransformType::kIntegrity,
          .what = "integrity algorithm",
          .acceptable = {{make_transform(TransformType::kIntegrity, kIntegrityNone),
                          "none besides authenticated encryption"}},
          .may_be_absent = true};
}

TransformWish key_exchange_wish(const std::vector<KeyExchangeGroup>& groups) {
  TransformWish wish{.type = TransformType::kKeyExchange, .what = "key exchange"};
  for (const KeyExchangeGroup group : groups) {
    wish.acceptable.push_back(
        {make_transform(TransformType::kKeyExchange, wire_id(group)), key_exchange_name(group)});
  }
  return wish;
}

// RFC 9370 section 2.2.2; NONE is as if it were absent.
TransformWish additional_key_exchange_wish() {
  constexpr auto kType = TransformType::kAdditionalKeyExchange1;
  return {.type = kType,
          .what = "additional key exchange",
          .acceptable = {{make_transform(kType, kGroupMlKem768), "ml-kem-768"},
                         {make_transform(kType, kGroupNone), "none"}},
          .may_be_absent = true};
}

TransformWish sequence_numbers_wish(const ChildSuitePolicy& policy) {
  TransformWish wish{.type = TransformType::kSequenceNumbers, .what = "sequence numbers"};
  const NamedTransform esn = {make_transform(TransformType::kSequenceNumbers, kSequenceNumbersEsn),
                              "extended"};
  const NamedTransform plain = {make_transform(TransformType::kSequenceNumbers, kSequenceNumbers32),
                                "32 bits"};
  if (policy.offer_esn && policy.prefer_esn) wish.acceptable.push_back(esn);
  wish.acceptable.push_back(plain);
  if (policy.offer_esn && !policy.prefer_esn) wish.acceptable.push_back(esn);
  return wish;
}

bool is_of(TransformType type, const Transform& transform) {
  return transform.type == static_cast<std::uint8_t>(type);
}

bool has_type(const Proposal& proposal, TransformType type) {
  return std::ranges::any_of(proposal.transforms,
                             [&](const Transform& transform) { return is_of(type, transform); });
}

const Transform* best_of(const Proposal& proposal, const TransformWish& wish) {
  for (const NamedTransform& acceptable : wish.acceptable) {
    const auto found = std::ranges::find(proposal.transforms, acceptable.transform);
    if (found != proposal.transforms.end()) return &*found;
  }
  return nullptr;
}

bool is_met(const Proposal& proposal, const TransformWish& wish) {
  return best_of(proposal, wish) != nullptr ||
         (wish.may_be_absent && !has_type(proposal, wish.type));
}

bool is_foreign(const SuiteWishes& wishes, const Transform& transform) {
  return std::ranges::none_of(
      wishes, [&](const TransformWish& wish) { return is_of(wish.type, transform); });
}

std::optional<std::vector<Transform>> take(const SuiteWishes& wishes, const Proposal& proposal) {
  // RFC 7296 section 3.3.6: a type that is not understood makes the proposal unacceptable.
  const bool has_foreign = std::ranges::any_of(
      proposal.transforms,
      [&](const Transform& transform) { return is_foreign(wishes, transform); });
  if (has_foreign) return std::nullopt;
  std::vector<Transform> taken;
  for (const TransformWish& wish : wishes) {
    if (!is_met(proposal, wish)) return std::nullopt;
    const Transform* const best = best_of(proposal, wish);
    if (best != nullptr) taken.push_back(*best);
  }
  return taken;
}

void add_name(std::vector<std::string>& names, std::string name) {
  if (names.size() == kMaxNames) {
    names.emplace_back("others");
  } else if (names.size() < kMaxNames && std::ranges::find(names, name) == names.end()) {
    names.push_back(std::move(name));
  }
}

using Candidates = std::vector<const Proposal*>;

std::string lack_of(const TransformWish& wish, const Candidates& candidates) {
  std::vector<std::string> offered;
  for (const Proposal* proposal : candidates) {
    for (const Transform& transform : proposal->transforms) {
      if (is_of(wish.type, transform)) add_name(offered, transform_name(transform));
    }
  }
  std::vector<std::string> needed;
  for (const NamedTransform& acceptable : wish.acceptable) needed.emplace_back(acceptable.name);
  const std::string proposes = offered.empty() ? "peer proposes no " + std::string(wish.what)
                                               : "peer proposes only " + join_names(offered, "and");
  return proposes + "; Hawser needs " + join_names(needed, "or");
}

std::string explain(const SuiteWishes& wishes, const Candidates& candidates) {
  std::string sentences;
  for (const TransformWish& wish : wishes) {
    const bool is_lacking = std::ranges::none_of(
        candidates, [&](const Proposal* proposal) { return is_met(*proposal, wish); });
    if (!is_lacking) continue;
    if (!sentences.empty()) sentences += "; ";
    sentences += lack_of(wish, candidates);
  }
  if (!sentences.empty()) return sentences;
  std::vector<std::string> foreign;
  for (const Proposal* proposal : candidates) {
    for (const Transform& transform : proposal->transforms) {
      if (is_foreign(wishes, transform)) add_name(foreign, transform_name(transform));
    }
  }
  return foreign.empty()
             ? "no proposal of the peer has all at once that Hawser needs"
             : "peer's proposals demand what Hawser does not know: " + join_names(foreign, "and");
}

}  // namespace

SuiteWishes wishes_of(const IkeSuitePolicy& policy) {
  TransformWish prf{.type = TransformType::kPrf, .what = "PRF"};
  for (const PrfAlgorithm algorithm : policy.prfs) {
    prf.acceptable.push_back(
        {make_transform(TransformType::kPrf, prf_id(algorithm)), prf_name(algorithm)});
  }
  SuiteWishes wishes = {encryption_wish(policy.ciphers), prf, integrity_wish(),
                        key_exchange_wish(policy.groups)};
  if (policy.ml_kem) wishes.push_back(additional_key_exchange_wish());
  return wishes;
}

SuiteWishes wishes_of(const ChildSuitePolicy& policy) {
  TransformWish group = key_exchange_wish(policy.groups);
  if (!policy.require_group) {
    group.acceptable.push_back({make_transform(TransformType::kKeyExchange, kGroupNone), "none"});
    group.may_be_absent = true;
  }
  return {encryption_wish(policy.ciphers), integrity_wish(), group, sequence_numbers_wish(policy)};
}

Result<TakenProposal, std::string> take_proposal(const SuiteWishes& wishes,
                                                 SecurityProtocol protocol, std::size_t spi_size,
                                                 const SaPayload& offered) {
  Candidates candidates;
  for (const Proposal& proposal : offered.proposals) {
    if (proposal.protocol == protocol && proposal.spi.size() == spi_size) {
      candidates.push_back(&proposal);
    }
  }
  if (candidates.empty()) {
    return failure(std::string(protocol == SecurityProtocol::kEsp ? "peer proposes no ESP SA"
                                                                  : "peer proposes no IKE SA"));
  }
  for (const Proposal* proposal : candidates) {
    if (auto taken = take(wishes, *proposal)) {
      return TakenProposal{.proposal = proposal, .transforms = std::move(*taken)};
    }
  }
  return failure(explain(wishes, candidates));
}

}  // namespace hawser
