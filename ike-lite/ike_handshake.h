// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/key_exchange.h"
#include "crypto/signature.h"
#include "ike-lite/ike_payloads.h"
#include "ike-lite/ike_suite.h"

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
  bool initial_contact = false;            // to be said in IKE_AUTH
  std::string last_hint;  // an error that nobody authenticated: said if nothing better comes
};

}  // namespace hawser
