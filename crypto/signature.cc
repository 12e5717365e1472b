// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kObjectId = 0x06;
constexpr std::array<std::uint8_t, 2> kNull = {0x05, 0x00};

constexpr std::uint8_t kEd25519Id[] = {0x2b, 0x65, 0x70};
constexpr std::uint8_t kEcdsaIds[][8] = {{0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2},
                                         {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3},
                                         {0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4}};
constexpr std::uint8_t kPssId[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10};
constexpr std::uint8_t kMgf1Id[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8};
constexpr std::uint8_t kShaIds[][9] = {{0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1},
                                       {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2},
                                       {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3}};
constexpr std::uint8_t kShaSizes[] = {32, 48, 64};

// Tag, length, and the parts one after another; nothing here is longer than 127 octets.
Octets der(std::uint8_t tag, std::initializer_list<ByteSpan> parts) {
  Octets out = {tag, 0};
  for (const ByteSpan part : parts) out.insert(out.end(), part.begin(), part.end());
  out[1] = static_cast<std::uint8_t>(out.size() - 2);
  return out;
}

Octets algorithm(ByteSpan object_id, ByteSpan parameters) {
  return der(kSequence, {der(kObjectId, {object_id}), parameters});
}

// RSASSA-PSS-params of RFC 4055 section 3.1: [0] hash, [1] mask generation, [2] salt; the trailer
// has its default. `hash` and `mask_hash` are NULL or nothing.
Octets pss(std::size_t sha, ByteSpan hash, ByteSpan mask_hash) {
  const Octets mask = algorithm(kMgf1Id, algorithm(kShaIds[sha], mask_hash));
  const std::array<std::uint8_t, 3> salt = {0x02, 1, kShaSizes[sha]};
  return algorithm(kPssId, der(kSequence, {der(0xa0, {algorithm(kShaIds[sha], hash)}),
                                           der(0xa1, {mask}), der(0xa2, {salt})}));
}

struct Identifier {
  SignatureScheme scheme;
  Octets der;
};

// The first of each scheme is the one that is sent.
std::vector<Identifier> make_identifiers() {
  std::vector<Identifier> all = {
      {SignatureScheme::kEd25519, algorithm(kEd25519Id, {})},
      {SignatureScheme::kEcdsaSha256, algorithm(kEcdsaIds[0], {})},
      {SignatureScheme::kEcdsaSha384, algorithm(kEcdsaIds[1], {})},
      {SignatureScheme::kEcdsaSha512, algorithm(kEcdsaIds[2], {})},
  };
  constexpr SignatureScheme kPss[] = {SignatureScheme::kRsaPssSha256,
                                      SignatureScheme::kRsaPssSha384,
                                      SignatureScheme::kRsaPssSha512};
  for (std::size_t sha = 0; sha < std::size(kPss); ++sha) {
    for (const ByteSpan hash : {ByteSpan(kNull), ByteSpan()}) {
      for (const ByteSpan mask_hash : {ByteSpan(kNull), ByteSpan()}) {
        all.push_back({kPss[sha], pss(sha, hash, mask_hash)});
      }
    }
  }
  return all;
}

const std::vector<Identifier>& identifiers() {
  static const auto& all = *new std::vector<Identifier>(make_identifiers());
  return all;
}

}  // namespace

SignatureHash signature_hash(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEd25519:
      return SignatureHash::kIdentity;
    case SignatureScheme::kEcdsaSha256:
    case SignatureScheme::kRsaPssSha256:
      return SignatureHash::kSha256;
    case SignatureScheme::kEcdsaSha384:
    case SignatureScheme::kRsaPssSha384:
      return SignatureHash::kSha384;
    case SignatureScheme::kEcdsaSha512:
    case SignatureScheme::kRsaPssSha512:
      return SignatureHash::kSha512;
  }
  return SignatureHash::kIdentity;
}

ByteSpan signature_algorithm_identifier(SignatureScheme scheme) {
  return std::ranges::find(identifiers(), scheme, &Identifier::scheme)->der;
}

std::optional<SignatureScheme> signature_scheme_from_identifier(ByteSpan der) {
  for (const Identifier& known : identifiers()) {
    if (std::ranges::equal(known.der, der)) return known.scheme;
  }
  return std::nullopt;
}

}  // namespace hawser
