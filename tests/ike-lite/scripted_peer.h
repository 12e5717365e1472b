// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ike-lite/ike_environment.h"
#include "ike-lite/ike_sa.h"
#include "tests/ike-lite/engine_pair.h"

namespace hawser {

// One established IKE SA without a child, and a peer that says what a test wants: also what no
// honest one would.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(bool we_initiated = true);

  struct Message {
    IkeHeader header;
    IkePayloads payloads;
    AddressPair to;
  };
  // What the IKE SA sends next, opened; nothing if it is silent.
  std::optional<Message> sent();
  // An answer to its outstanding request.
  void answer(const Message& request, const IkePayloads& payloads);
  // A request of the peer; returns the answer.
  Message ask(ExchangeType type, const IkePayloads& payloads);
  void run_for(Duration time);
  std::vector<IkeEvent> events();
  // A child that both know, sent on; its SPI at the peer's end.
  Spi add_child(Spi peers_spi);

  AddressPair path;  // as the IKE SA sees it; the peer's messages come that way
  IkePeerConfig config;
  CountingSpis spis;
  SeededRandom random{1};
  IkeEnvironment environment;
  std::unique_ptr<IkeSa> sa;
  TimePoint now{Seconds(1000)};

 private:
  void deliver(ExchangeType type, bool is_response, MessageId id, const IkePayloads& payloads);

  IkeKeys keys_;
  std::optional<MessageProtection> protection_;
  MessageId next_id_{0};
};

}  // namespace hawser
