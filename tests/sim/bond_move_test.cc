// SPDX-License-Identifier: Apache-2.0
// A path alone: a NAT that forgets, where little is said.
#include <gtest/gtest.h>

#include "tests/sim/bond_simulation.h"
#include "tests/support/inner_packets.h"
#include "tests/support/instrumented.h"
#include "tunnel/esp_packet.h"

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

// What was not asked costs nothing.
TEST(BondMove, APathAloneThatIsIdleIsSilent) {
  BondSimulation sim({.seed = 7});
  sim.add_link(kWay);
  sim.begin(1);
  sim.run_for(Seconds(10));
  const std::uint64_t before = sim.datagrams();
  sim.run_for(Seconds(60));
  EXPECT_EQ(sim.datagrams(), before);
}

// What the meters of an end have counted, in octets.
std::uint64_t measured(BondSimulation& sim, BondEnd end) {
  std::uint64_t octets = 0;
  for (const BondStatus& bond : sim.side(end).status()) {
    octets += bond.paths.at(0).receiving.delivered_bytes;
  }
  return octets;
}

// Each end has one path, so neither is to think that the other one measures: there are probes now
// and then, which show its round trip, and no reports.
TEST(BondMove, APathAloneThatCarriesDataIsNotMeasured) {
  BondSimulation sim({.seed = 9});
  sim.add_link(kWay);
  for (const BondEnd from : kBondEnds) sim.add_flow({.from = from});
  sim.begin(1);
  sim.run_for(Seconds(10));
  const auto sent = [&] { return sim.flows()[0].sent() + sim.flows()[1].sent(); };
  const std::uint64_t control = sim.datagrams() - sent();
  const std::uint64_t left = measured(sim, BondEnd::kLeft);
  const std::uint64_t right = measured(sim, BondEnd::kRight);
  sim.run_for(Seconds(60));
  // At each end a probe a second at most, and the answer to the other's.
  EXPECT_GE(sim.datagrams() - sent(), control + 60);
  EXPECT_LE(sim.datagrams() - sent(), control + 60 * 4);
  constexpr std::uint64_t kControlMax = 100;
  EXPECT_LE(measured(sim, BondEnd::kLeft), left + 60 * 2 * kControlMax);
  EXPECT_LE(measured(sim, BondEnd::kRight), right + 60 * 2 * kControlMax);
  for (const BondFlow& flow : sim.flows()) EXPECT_GE(flow.delivered() + 5, flow.sent());
  const BondStatus status = sim.side(BondEnd::kLeft).status().at(0);
  EXPECT_EQ(status.paths.at(0).sending.rtt, sim.link(0).round_trip());
  EXPECT_GE(status.paths.at(0).sent_packets + status.paths.at(0).received_packets, 60 * 50u)
      << "it is counted what it carries";
}

// Data of a flow by the wire, and how much of it is longer than ESP alone makes it.
struct OnTheWire {
  std::uint64_t plain = 0;
  std::uint64_t longer = 0;
};

TEST(BondMove, OnlyWhatHasSeveralPathsIsNumbered) {
  BondSimulation sim({.seed = 11, .left_workers = 1, .right_workers = 1});
  sim.add_link(kWay);
  sim.add_link(kWay);
  sim.add_flow({.traffic_class = TrafficClass::kInteractive, .octets = 700});
  OnTheWire wire;
  const std::size_t plain = esp_sealed_size(make_udp({}, pattern(700)).size());
  sim.on_send = [&](BondEnd from, const AddressPair&, const Bytes& datagram) {
    if (from != BondEnd::kLeft) return;
    if (datagram.size() == plain) ++wire.plain;
    if (datagram.size() >= plain + kShimSize && datagram.size() < plain + 30) ++wire.longer;
  };
  const auto in = [&](Duration time) {
    wire = {};
    sim.run_for(time);
    return wire;
  };
  sim.begin(1);
  const OnTheWire alone = in(Seconds(5));
  EXPECT_GE(alone.plain, 240u);
  EXPECT_EQ(alone.longer, 0u);
  sim.plan(1);
  const OnTheWire both = in(Seconds(5));
  EXPECT_EQ(both.plain, 0u);
  EXPECT_GE(both.longer, 240u);
  EXPECT_GE(sim.flows()[0].delivered() + 2, sim.flows()[0].sent());
}

// A path that comes or goes, faster or slower than the first, is no reason to see a flow in another
// order.
TEST(BondMove, OrderIsKeptWhenASecondPathComesAndGoes) {
  for (const Duration first : {Milliseconds(10), Milliseconds(60)}) {
    for (std::uint64_t seed = 1; seed <= seeds_to_run(10); ++seed) {
      SetTraffic traffic;
      constexpr TrafficPolicy kEach = TrafficPolicy::kRoundRobin;
      traffic.policies.by_class = {kEach, kEach, kEach};
      BondSimulation sim({.seed = seed, .traffic = traffic});
      sim.add_link({.delay = first});
      sim.add_link({.delay = Milliseconds(70) - first});
      for (const BondEnd from : kBondEnds) {
        sim.add_flow({.from = from, .interval = Milliseconds(3)});
      }
      sim.begin(1);
      for (unsigned round = 0; round < 2; ++round) {
        sim.run_for(Seconds(4));
        sim.plan(1);
        sim.run_for(Seconds(4));
        sim.remove(1);
      }
      sim.run_for(Seconds(4));
      for (const BondFlow& flow : sim.flows()) {
        EXPECT_EQ(flow.twice(), 0u);
        EXPECT_EQ(flow.reordered(), 0u) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace hawser
