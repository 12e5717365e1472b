// SPDX-License-Identifier: Apache-2.0
// A path alone: a NAT that forgets, where little is said.
#include <gtest/gtest.h>

#include "tests/sim/bond_simulation.h"

namespace hawser {
namespace {

constexpr BondWay kWay{.delay = Milliseconds(20)};

// All pairs of SAs of the right end go there now.
bool follows(BondSimulation& sim) {
  bool follows = true;
  for (const BondStatus& bond : sim.side(BondEnd::kRight).status()) {
    follows = follows && bond.paths.at(0).addresses.remote == sim.link(0).seen;
  }
  return follows;
}

// Only one worker of the left end has something to say, so only one pair hears of it.
TEST(BondMove, APairThatHearsNothingFollowsTheOneThatDoes) {
  for (const std::size_t links : {1u, 2u}) {
    BondSimulation sim({.seed = 3 + links});
    for (std::size_t i = 0; i < links; ++i) sim.add_link(kWay);
    sim.add_flow({.from = BondEnd::kLeft, .traffic_class = TrafficClass::kRealTime});
    for (unsigned i = 0; i < 12; ++i) {
      sim.add_flow({.from = BondEnd::kRight,
                    .traffic_class = TrafficClass::kRealTime,
                    .worker = i % sim.side(BondEnd::kRight).workers()});
    }
    sim.begin(links);
    sim.run_for(Seconds(10));
    for (BondFlow& flow : sim.flows()) flow.restart_gap();
    for (std::size_t i = 0; i < links; ++i) sim.rebind(i);
    sim.run_for(Seconds(3));
    EXPECT_TRUE(follows(sim));
    // Beside the spacing of the packets, of ours that shows it and of theirs.
    const Duration most = 2 * sim.link(0).round_trip() + Milliseconds(50) + 2 * Milliseconds(20);
    for (const BondFlow& flow : sim.flows()) EXPECT_LE(flow.gap(), most);
  }
}

TEST(BondMove, AChallengeThatIsLostIsSentAgainThoughNothingElseIsSent) {
  BondSimulation sim({.seed = 5, .left_workers = 1, .right_workers = 1});
  sim.add_link(kWay);
  sim.add_flow({.from = BondEnd::kLeft, .interval = Seconds(20)});
  sim.begin(1);
  sim.run_for(Seconds(40));
  ASSERT_TRUE(follows(sim));
  sim.rebind(0);
  sim.link(0).way(BondEnd::kRight).is_dark = true;
  const std::uint64_t before = sim.flows()[0].delivered();
  ASSERT_TRUE(sim.run_until([&] { return sim.flows()[0].delivered() > before; }, Seconds(21)));
  sim.run_for(Milliseconds(10));
  sim.link(0).way(BondEnd::kRight).is_dark = false;
  EXPECT_FALSE(follows(sim));
  sim.run_for(Seconds(1));
  EXPECT_TRUE(follows(sim));
}

}  // namespace
}  // namespace hawser
