// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/sim/bond_swarm.h"

namespace hawser {

void BondSwarmFigures::add(const BondSwarmFigures& other) {
  datagrams += other.datagrams;
  packets += other.packets;
  delivered += other.delivered;
  reordered += other.reordered;
  reordered_still += other.reordered_still;
  events += other.events;
  alarms += other.alarms;
  primary_changes += other.primary_changes;
  oscillations += other.oscillations;
  held_most = std::max(held_most, other.held_most);
  wait_most = std::max(wait_most, other.wait_most);
}

}  // namespace hawser
