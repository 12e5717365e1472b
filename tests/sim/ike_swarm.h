// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hawser {

// One life of two ends from a seed: they come up over a bad network, things happen to them, and
// after two minutes of a good network all must be in order.
struct IkeSwarmFigures {
  std::uint64_t messages = 0;
  std::uint64_t children = 0;  // installed, of both ends
  std::uint64_t child_rekeys = 0;
  std::uint64_t ike_rekeys = 0;
  std::uint64_t established = 0;
  std::uint64_t restarts = 0;
  std::uint64_t moves = 0;
  std::uint64_t leftovers = 0;  // runs in which an IKE SA without use awaited a Delete
  std::uint64_t packets = 0;
  std::uint64_t packets_lost_by_links = 0;
  std::uint64_t packets_lost_by_ends = 0;
  void add(const IkeSwarmFigures& other);
};
struct IkeSwarmRun {
  std::vector<std::string> wrong;  // empty if all is well
  std::uint64_t digest = 0;        // equal for equal seeds
  IkeSwarmFigures figures;
  std::string story;       // what the seed chose
  std::string transcript;  // if it was asked for
};
IkeSwarmRun run_ike_swarm(std::uint64_t seed, bool with_transcript = false);

}  // namespace hawser
