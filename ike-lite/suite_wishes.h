// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "ike-lite/ike_payloads.h"
#include "ike-lite/ike_suite.h"

namespace hawser {

// What a policy means in transforms, as one table for offering and for choosing. A transform is
// acceptable if it equals one of these in all, so that the rules for key lengths (RFC 7296 section
// 3.3.5: AES-GCM must say one, RFC 7634: ChaCha20-Poly1305 must not) need no code.
struct NamedTransform {
  Transform transform;
  std::string_view name;  // in words of the config
};
struct TransformWish {
  TransformType type = TransformType::kEncryption;
  std::string_view what;                   // "key exchange"
  std::vector<NamedTransform> acceptable;  // in the order of preference
  bool may_be_absent = false;
};
// One for each type that a proposal may have at all, in the order of the wire.
using SuiteWishes = std::vector<TransformWish>;

SuiteWishes wishes_of(const IkeSuitePolicy& policy);
SuiteWishes wishes_of(const ChildSuitePolicy& policy);

// Of the first proposal that has all that is wished and nothing else: one transform of each of its
// types. Or a sentence.
struct TakenProposal {
  const Proposal* proposal = nullptr;
  std::vector<Transform> transforms;
};
Result<TakenProposal, std::string> take_proposal(const SuiteWishes& wishes,
                                                 SecurityProtocol protocol, std::size_t spi_size,
                                                 const SaPayload& offered);

}  // namespace hawser
