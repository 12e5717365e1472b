// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "ike-lite/child_sa_list.h"
#include "ike-lite/ike_duties.h"
#include "tests/ike-lite/scripted_peer.h"

namespace hawser {

// What a scripted peer says in CREATE_CHILD_SA.

inline constexpr Spi kPeersSpi{0x0c000001};
inline constexpr Spi kNewSpi{0x0c000002};

inline std::vector<std::uint8_t> octets_of(Spi spi) {
  std::vector<std::uint8_t> octets(4);
  store_be32(octets.data(), spi.value());
  return octets;
}

// As strongSwan does: a proposal with a key exchange, and one without.
inline IkePayloads foreign_request(ScriptedPeer& peer, std::optional<Spi> rekeyed) {
  IkePayloads request;
  request.sa = offer(ChildSuitePolicy{.ciphers = {AeadAlgorithm::kAes256Gcm},
                                      .groups = {KeyExchangeGroup::kX25519},
                                      .offer_esn = false,
                                      .prefer_esn = false},
                     octets_of(kNewSpi));
  request.nonce = std::vector<std::uint8_t>(32, 0xf0);
  request.ts_initiator = TrafficSelectorPayload{.selectors = peer.config.remote};
  request.ts_responder = TrafficSelectorPayload{.selectors = peer.config.local};
  if (rekeyed) {
    request.add_notify(NotifyType::kRekeySa);
    request.notifies.back().protocol = SecurityProtocol::kEsp;
    request.notifies.back().spi = octets_of(*rekeyed);
  }
  return request;
}

inline bool says(const ScriptedPeer::Message& message, NotifyType type) {
  return message.payloads.find(type) != nullptr;
}

inline ScriptedPeer::Message rekey_request_of(ScriptedPeer& peer) {
  request_child_rekey(*peer.sa, peer.sa->children().front().id, peer.now);
  peer.sa->handle_timeout(peer.now);
  std::optional<ScriptedPeer::Message> request = peer.sent();
  EXPECT_TRUE(request && says(*request, NotifyType::kRekeySa));
  return request ? std::move(*request) : ScriptedPeer::Message();
}

// What an honest peer answers, with kNewSpi.
inline IkePayloads good_answer(ScriptedPeer& peer, const ScriptedPeer::Message& request) {
  const auto chosen = choose(
      ChildSuitePolicy{.ciphers = peer.config.esp_ciphers, .groups = {KeyExchangeGroup::kX25519}},
      *request.payloads.sa, octets_of(kNewSpi));
  EXPECT_TRUE(chosen);
  auto exchange = KeyExchange::generate(KeyExchangeGroup::kX25519, peer.random);
  IkePayloads answer;
  answer.sa = chosen->answer;
  answer.nonce = std::vector<std::uint8_t>(32, 0x0f);
  answer.key_exchange = KeyExchangePayload{
      .group = kGroupX25519,
      .data = {(*exchange)->public_value().begin(), (*exchange)->public_value().end()}};
  answer.ts_initiator = request.payloads.ts_initiator;
  answer.ts_responder = request.payloads.ts_responder;
  return answer;
}

inline ChildSa::State state_of(ScriptedPeer& peer, Spi peers_spi) {
  const ChildSa* child = find_child_by_spi_out(*peer.sa, peers_spi);
  EXPECT_NE(child, nullptr);
  return child == nullptr ? ChildSa::State::kDraining : child->state;
}

inline IkePayloads only(NotifyType type) {
  IkePayloads payloads;
  payloads.add_notify(type);
  return payloads;
}

inline IkePayloads without_key_exchange(IkePayloads request) {
  request.sa->proposals.erase(request.sa->proposals.begin());
  request.sa->proposals.front().number = 1;
  return request;
}

}  // namespace hawser
