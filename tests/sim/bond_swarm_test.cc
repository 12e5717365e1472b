// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/sim/bond_swarm.h"

namespace hawser {
namespace {

TEST(BondSwarm, TheSameSeedGivesTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const std::uint64_t digest = run_bond_swarm(seed).digest;
    EXPECT_EQ(digest, run_bond_swarm(seed, true).digest) << seed;
    EXPECT_NE(digest, run_bond_swarm(seed + 1).digest) << seed;
  }
}

TEST(BondSwarm, AStoryTellsWhatHappened) {
  const BondSwarmRun run = run_bond_swarm(1, true);
  EXPECT_GT(run.figures.events, 10u);
  for (const char* text : {"IKE came up on it", "--- ", "active: steady for", "--- peace"}) {
    EXPECT_NE(run.story.find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace hawser
