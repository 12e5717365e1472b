// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/key_exchange.h"
#include "crypto/signature.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_payloads.h"
#include "ike-lite/ike_suite.h"
#include "ike-lite/message_protection.h"

namespace hawser {

// What an IKE SA needs until it is authenticated, and drops then.
struct IkeHandshake {
  IkeSuitePolicy policy;
  IkePayloads init_payloads;  // of our request, as initiator
  std::unique_ptr<KeyExchange> key_exchange;
  std::vector<std::uint8_t> peer_public_value;  // as responder, until keys are made
  std::vector<std::uint8_t> nonce_initiator;
  std::vector<std::uint8_t> nonce_responder;
  // Whole messages, the last ones that were exchanged: AUTH covers them (RFC 7296 section 2.15).
  std::vector<std::uint8_t> init_request;
  std::vector<std::uint8_t> init_response;
  unsigned cookie_rounds = 0;
  unsigned group_rounds = 0;
  std::vector<SignatureHash> peer_hashes;  // RFC 7427: what the peer can verify
  bool peer_uses_ppk = false;              // RFC 8784
  // RFC 9242 and RFC 9370, where ML-KEM was chosen.
  bool awaits_intermediate = false;                     // as responder
  IkeKeys next_keys;                                    // as responder, until the answer is sealed
  std::optional<MessageProtection> earlier_protection;  // for a repeated IKE_INTERMEDIATE
  std::vector<std::uint8_t> intermediate;               // what AUTH covers besides
  bool initial_contact = false;                         // to be said in IKE_AUTH
  std::string last_hint;  // an error that nobody authenticated: said if nothing better comes
};

}  // namespace hawser
