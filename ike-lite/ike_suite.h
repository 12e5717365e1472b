// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/key_exchange.h"
#include "crypto/prf.h"
#include "ike-lite/ike_payloads.h"

namespace hawser {

// What an IKE SA or a child SA uses.
struct IkeSuite {
  AeadAlgorithm encryption = AeadAlgorithm::kAes256Gcm;
  PrfAlgorithm prf = PrfAlgorithm::kHmacSha256;
  KeyExchangeGroup group = KeyExchangeGroup::kX25519;
  bool ml_kem = false;  // and ML-KEM-768 after it (RFC 9370)
  std::string to_string() const;
  friend bool operator==(const IkeSuite&, const IkeSuite&) = default;
};
struct ChildSuite {
  AeadAlgorithm encryption = AeadAlgorithm::kAes256Gcm;
  bool esn = true;
  std::optional<KeyExchangeGroup> group;  // PFS
  std::string to_string() const;
  friend bool operator==(const ChildSuite&, const ChildSuite&) = default;
};

// What we offer or accept, in the order of preference.
struct IkeSuitePolicy {
  std::vector<AeadAlgorithm> ciphers;
  std::vector<PrfAlgorithm> prfs;
  std::vector<KeyExchangeGroup> groups;
  // Prefer proposals with ML-KEM-768. For IKE_SA_INIT, where key_encapsulation_available() and, as
  // responder, the peer knows IKE_INTERMEDIATE.
  bool ml_kem = false;
};
struct ChildSuitePolicy {
  std::vector<AeadAlgorithm> ciphers;
  std::vector<KeyExchangeGroup> groups;  // of a key exchange; empty in IKE_AUTH
  bool require_group = false;            // PFS only; else proposals without follow those with
  bool offer_esn = true;
  bool prefer_esn = true;  // between Hawsers; towards others numbers of 32 bits
};

// Offers (RFC 7296 section 3.3): AES-GCM with key length and ChaCha20-Poly1305 without in one
// proposal are told apart by the transform. `spi` is empty in IKE_SA_INIT.
SaPayload offer(const IkeSuitePolicy& policy, ByteSpan spi);
SaPayload offer(const ChildSuitePolicy& policy, ByteSpan spi);

// The first proposal of the peer that we can take, with the transforms that we like best. The
// failure is a sentence for people that says what was missing ("peer proposes only MODP groups;
// Hawser needs x25519 or p-256").
struct ChosenIkeSuite {
  IkeSuite suite;
  SaPayload answer;               // one proposal, one transform of each type, with our SPI
  std::vector<std::uint8_t> spi;  // the peer's, if the proposal had one
};
Result<ChosenIkeSuite, std::string> choose(const IkeSuitePolicy& policy, const SaPayload& offered,
                                           ByteSpan our_spi);
struct ChosenChildSuite {
  ChildSuite suite;
  SaPayload answer;
  Spi peer_spi;
};
Result<ChosenChildSuite, std::string> choose(const ChildSuitePolicy& policy,
                                             const SaPayload& offered, ByteSpan our_spi);

// RFC 7296 section 2.7: the initiator checks that the answer is one of its own proposals.
Result<ChosenIkeSuite, std::string> accept_answer(const SaPayload& offered, const SaPayload& answer,
                                                  const IkeSuitePolicy& policy);
Result<ChosenChildSuite, std::string> accept_answer(const SaPayload& offered,
                                                    const SaPayload& answer,
                                                    const ChildSuitePolicy& policy);

// Numbers of the registry.
std::uint16_t wire_id(KeyExchangeGroup group);
std::optional<KeyExchangeGroup> group_from_wire(std::uint16_t id);

}  // namespace hawser
