// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/sim/ike_simulation.h"
#include "tests/sim/ike_spy.h"
#include "tests/sim/ike_swarm.h"
#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

IkeSimulation::Options two_ends(std::uint64_t seed) {
  return {.seed = seed,
          .left = {.name = "left", .home = transport("192.0.2.1:4500"), .seed = 2 * seed},
          .right = {.name = "right", .home = transport("192.0.2.2:4500"), .seed = 2 * seed + 1},
          .packet_interval = Milliseconds(20)};
}

TEST(IkeSwarm, TheSameSeedGivesTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(run_ike_swarm(seed).digest, run_ike_swarm(seed).digest) << seed;
    EXPECT_NE(run_ike_swarm(seed).digest, run_ike_swarm(seed + 1).digest) << seed;
  }
}

TEST(IkeSwarm, ATranscriptReadsWhatIsEncrypted) {
  const IkeSwarmRun run = run_ike_swarm(3, true);
  for (const char* text : {"IDr AUTH", "REKEY_SA", "D(esp", "D(ike)"}) {
    EXPECT_NE(run.transcript.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(run.transcript.find("keys unknown"), std::string::npos);
}

class IkeRekeys : public testing::TestWithParam<std::uint64_t> {};

// Make before break: whatever is rekeyed by whom, no packet is lost on a good network.
TEST_P(IkeRekeys, LoseNoPacket) {
  IkeSimulation::Options options = two_ends(GetParam());
  SeededRandom dice(GetParam());
  options.left.child_sas = static_cast<unsigned>(1 + dice.below(3));
  options.right.initiates = dice.chance(0.5);
  IkeSimulation sim(options);
  // Packets overtake messages and are overtaken.
  for (IkeLink* link : {&sim.to_right, &sim.to_left}) link->jitter = Milliseconds(dice.below(80));
  sim.start();
  sim.run_for(Seconds(60));
  ASSERT_TRUE(sim.is_up());
  const std::uint64_t lost = sim.packets_lost_by_ends();
  const std::uint64_t unsendable = sim.left.unsendable + sim.right.unsendable;
  for (int i = 0; i < 30; ++i) {
    for (IkeHost* host : {&sim.left, &sim.right}) {
      if (dice.chance(0.4)) continue;
      sim.act(*host, [&](IkeEngine& engine) {
        dice.chance(0.6) ? engine.rekey_child(IkeHost::kPeer, sim.now)
                         : engine.rekey_ike(IkeHost::kPeer, sim.now);
      });
    }
    sim.run_for(Milliseconds(dice.below(i % 3 == 0 ? 100 : 20'000)));
  }
  sim.run_for(Seconds(120));
  EXPECT_EQ(sim.check_at_rest(), std::vector<std::string>());
  EXPECT_EQ(sim.violations(), std::vector<std::string>());
  EXPECT_EQ(sim.packets_lost_by_ends(), lost);
  EXPECT_EQ(sim.left.unsendable + sim.right.unsendable, unsendable);
  EXPECT_EQ(sim.packets_lost_by_links(), 0u);
  EXPECT_GT(sim.left.ledger.installed(), 8u);
  EXPECT_GT(sim.left.delivered, 15'000u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, IkeRekeys, testing::Range<std::uint64_t>(1, 101));

}  // namespace
}  // namespace hawser
