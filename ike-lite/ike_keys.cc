// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_keys.h"

#include <algorithm>
#include <initializer_list>

#include "ike-lite/spi_octets.h"

namespace hawser {
namespace {

// In a Secret, because of what some parts are.
Secret concatenate(std::initializer_list<ByteSpan> parts) {
  std::size_t size = 0;
  for (const ByteSpan part : parts) size += part.size();
  Secret joined(size);
  auto out = joined.bytes().begin();
  for (const ByteSpan part : parts) out = std::ranges::copy(part, out).out;
  return joined;
}

// Cuts key material in the order of its use.
class KeyCutter {
 public:
  explicit KeyCutter(const Secret& material) : rest_(material.bytes()) {}

  Secret cut(std::size_t size) {
    Secret key = Secret::copy_of(rest_.first(size));
    rest_ = rest_.subspan(size);
    return key;
  }
  SaKey cut_sa_key(AeadAlgorithm algorithm) {
    return {algorithm, cut(aead_key_size(algorithm) + kAeadSaltSize)};
  }

 private:
  ByteSpan rest_;
};

// RFC 7296 section 2.14; RFC 5282 section 7: SK_ai and SK_ar are empty with an AEAD.
IkeKeys expand(PrfAlgorithm prf, AeadAlgorithm encryption, const Secret& skeyseed,
               const NoncePair& nonces, const IkeSpiPair& spis) {
  const Secret seed = concatenate({nonces.initiator, nonces.responder, octets_of(spis)});
  const std::size_t prf_octets = prf_size(prf);
  const std::size_t sa_key_octets = aead_key_size(encryption) + kAeadSaltSize;
  const Secret material =
      prf_plus(prf, skeyseed.bytes(), seed.bytes(), 3 * prf_octets + 2 * sa_key_octets);

  KeyCutter cutter(material);
  IkeKeys keys{.prf = prf};
  keys.sk_d = cutter.cut(prf_octets);
  keys.sk_ei = cutter.cut_sa_key(encryption);
  keys.sk_er = cutter.cut_sa_key(encryption);
  keys.sk_pi = cutter.cut(prf_octets);
  keys.sk_pr = cutter.cut(prf_octets);
  return keys;
}

}  // namespace

IkeKeys derive_ike_keys(PrfAlgorithm prf, AeadAlgorithm encryption, const Secret& shared,
                        const NoncePair& nonces, const IkeSpiPair& spis) {
  const Secret key = concatenate({nonces.initiator, nonces.responder});
  const Secret skeyseed = hawser::prf(prf, key.bytes(), {shared.bytes()});
  return expand(prf, encryption, skeyseed, nonces, spis);
}

IkeKeys derive_rekeyed_ike_keys(const IkeKeys& old, PrfAlgorithm prf, AeadAlgorithm encryption,
                                const Secret& shared, const NoncePair& nonces,
                                const IkeSpiPair& spis) {
  // RFC 7296 section 2.18: SKEYSEED by the old PRF, the keys by the new one.
  const Secret skeyseed =
      hawser::prf(old.prf, old.sk_d.bytes(), {shared.bytes(), nonces.initiator, nonces.responder});
  return expand(prf, encryption, skeyseed, nonces, spis);
}

void mix_post_quantum_key(IkeKeys& keys, const Secret& ppk) {
  for (Secret* key : {&keys.sk_d, &keys.sk_pi, &keys.sk_pr}) {
    *key = prf_plus(keys.prf, ppk.bytes(), key->bytes(), key->size());
  }
}

std::vector<ChildKeys> derive_child_keys(const IkeKeys& keys, AeadAlgorithm encryption,
                                         const Secret& shared, const NoncePair& nonces,
                                         unsigned count) {
  const Secret seed = concatenate({shared.bytes(), nonces.initiator, nonces.responder});
  const std::size_t pair_octets = 2 * (aead_key_size(encryption) + kAeadSaltSize);
  const Secret material = prf_plus(keys.prf, keys.sk_d.bytes(), seed.bytes(), count * pair_octets);
  KeyCutter cutter(material);
  std::vector<ChildKeys> pairs;
  pairs.reserve(count);
  for (unsigned k = 0; k < count; ++k) {
    SaKey from_initiator = cutter.cut_sa_key(encryption);
    SaKey from_responder = cutter.cut_sa_key(encryption);
    pairs.push_back({std::move(from_initiator), std::move(from_responder)});
  }
  return pairs;
}

}  // namespace hawser
