// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace hawser {

// Five minutes of a bond, from a seed: links of any kind that change, go dark, move and come back.
struct BondSwarmFigures {
  std::uint64_t datagrams = 0;
  std::uint64_t packets = 0;
  std::uint64_t delivered = 0;
  std::uint64_t reordered = 0;        // but for real-time flows, which wait for nothing
  std::uint64_t reordered_still = 0;  // of those, while nothing happened
  std::uint64_t events = 0;           // that the seed chose
  std::uint64_t alarms = 0;           // paths that were left although their links were sound
  std::uint64_t primary_changes = 0;  // of bulk, seen once a second
  std::uint64_t oscillations = 0;     // of these, sooner than they should be
  std::uint64_t held_most = 0;        // packets that waited for their turn at once, of one bond
  Duration wait_most{0};              // without a packet, while a link was able
  void add(const BondSwarmFigures& other);
};
struct BondSwarmRun {
  std::vector<std::string> wrong;  // empty if all is well
  std::uint64_t digest = 0;        // equal for equal seeds
  BondSwarmFigures figures;
  std::string story;  // if it was asked for
};
BondSwarmRun run_bond_swarm(std::uint64_t seed, bool with_story = false);

}  // namespace hawser
