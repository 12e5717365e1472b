// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/sim/bond_swarm.h"

namespace hawser {
namespace {

TEST(BondSwarm, TheSameSeedGivesTheSameRun) {
  const std::uint64_t digest = run_bond_swarm(1).digest;
  EXPECT_EQ(digest, run_bond_swarm(1, true).digest);
  EXPECT_NE(digest, run_bond_swarm(2).digest);
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
