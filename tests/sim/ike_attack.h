// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ike-lite/ike_types.h"
#include "tests/sim/ike_simulation.h"

namespace hawser {

// Which messages an attacker changes, and what makes the ends send them.
struct IkeScene {
  enum class Cause : std::uint8_t { kBegin, kChildRekey, kIkeRekey, kMove };
  std::string name;
  Cause cause = Cause::kBegin;
  ExchangeType exchange = ExchangeType::kIkeSaInit;
  bool is_response = false;
};
// Each message of each exchange.
const std::vector<IkeScene>& ike_scenes();

struct IkeAttack {
  IkeScene scene;
  // Called instead of the network for each message of the scene.
  std::function<void(IkeSimulation&, const IkeDatagram&)> act;
  Duration duration = Seconds(20);
  IkeHostSpec left;
  IkeHostSpec right;
};
IkeAttack make_ike_attack(const IkeScene& scene, std::uint64_t seed = 1);

// Two ends with the attacker between them for a while. Empty if no end was deceived about keys,
// identities or suite, and a tunnel is up soon after the attacker has gone; else what was wrong,
// with the transcript.
std::string outcome_of(const IkeAttack& attack);

// What of the scene goes over the wire if nobody attacks, in order.
std::vector<IkeDatagram> messages_of(const IkeAttack& attack);

// The datagram as if its receiver had sent it to its sender.
IkeDatagram reflected(IkeDatagram datagram);
// Marker and these octets.
IkeDatagram with_message(const IkeDatagram& datagram, ByteSpan message);

}  // namespace hawser
