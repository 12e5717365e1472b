// SPDX-License-Identifier: Apache-2.0
// Links that are left: when, and what that costs a call.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/sim/bond_simulation.h"
#include "tests/support/instrumented.h"

namespace hawser {
namespace {

constexpr BondWay kFast{.delay = Milliseconds(20)};

SetTraffic all_by(TrafficPolicy policy) {
  SetTraffic traffic;
  traffic.policies.by_class = {policy, policy, policy};
  return traffic;
}

// What was on the cable is lost, and the end without it knows at once: nobody loses a word. The
// other end can be told no sooner than half a round trip later, and sends for the same time.
TEST(BondDeparture, WhatWasUnderWayWhenACarrierIsLostGoesAgain) {
  constexpr Duration kNoticed = Milliseconds(5);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    BondSimulation sim({.seed = seed, .traffic = all_by(TrafficPolicy::kFailover)});
    sim.add_link(kFast);
    sim.add_link(kFast);
    sim.plan_of(0).preference.priority = 10;
    for (const BondEnd from : kBondEnds) {
      sim.add_flow({.from = from, .traffic_class = TrafficClass::kRealTime});
    }
    sim.begin(2);
    sim.run_for(Seconds(5));
    for (BondFlow& flow : sim.flows()) flow.restart_gap();
    const TimePoint pulled = sim.now() + kFast.delay;
    sim.link(0).set_dark(true);
    sim.run_for(kFast.delay + kNoticed);
    sim.plan_of(0).is_up = false;
    sim.plan(0);
    sim.run_for(Seconds(2));
    for (const BondFlow& flow : sim.flows()) {
      EXPECT_EQ(flow.lost(pulled - Seconds(1), sim.now() - Milliseconds(100)), 0u) << seed;
    }
    const Duration spacing = sim.flows()[0].spec.interval;
    EXPECT_LE(sim.flows()[0].gap() - spacing, kFast.delay + kNoticed);
    EXPECT_LE(sim.flows()[1].gap() - spacing, 2 * kFast.delay + kNoticed);
  }
}

// A call on the preferred one of two equal links. When something becomes worse, how long it stays.
struct Departure {
  Duration after{0};     // the last packet of the call there
  bool is_back = false;  // when all is well again
};
Departure leave(std::uint64_t seed, BondEnd from, const BondWay& worse) {
  BondSimulation sim({.seed = seed,
                      .left_workers = 1,
                      .right_workers = 1,
                      .traffic = all_by(TrafficPolicy::kFailover)});
  sim.add_link(kFast);
  sim.add_link(kFast);
  sim.plan_of(0).preference.priority = 10;
  constexpr std::size_t kVoice = 172;
  const auto is_there = [&](BondEnd by, const AddressPair& addresses, const Bytes& datagram) {
    const bool is_voice = datagram.size() > kVoice && datagram.size() < 2 * kVoice;
    return is_voice && by == from && addresses.local == sim.link(0).left;
  };
  for (const BondEnd end : kBondEnds) {
    sim.add_flow({.from = end, .traffic_class = TrafficClass::kRealTime, .octets = kVoice});
  }
  sim.begin(2);
  sim.run_for(Seconds(5) + Milliseconds(seed * 37 % 1000));
  Departure departure;
  const TimePoint began = sim.now();
  sim.on_send = [&](BondEnd by, const AddressPair& addresses, const Bytes& datagram) {
    if (is_there(by, addresses, datagram)) departure.after = sim.now() - began;
  };
  sim.link(0).way(from) = worse;
  sim.run_for(Seconds(5));
  sim.on_send = [&](BondEnd by, const AddressPair& addresses, const Bytes& datagram) {
    if (is_there(by, addresses, datagram)) departure.is_back = true;
  };
  sim.link(0).way(from) = kFast;
  sim.run_for(Seconds(30));
  return departure;
}

// A call has 50 packets a second: of a fifth of them the first one is lost after more than 300 ms
// in one case of thirty.
TEST(BondDeparture, ALinkThatLosesAFifthIsLeftSoonAndUsedAgain) {
  BondWay worse = kFast;
  worse.loss = 0.2;
  std::vector<Duration> times;
  for (std::uint64_t seed = 1; seed <= seeds_to_run(60); ++seed) {
    const Departure departure = leave(seed, BondEnd::kLeft, worse);
    times.push_back(departure.after);
    EXPECT_TRUE(departure.is_back) << seed;
  }
  std::ranges::sort(times);
  EXPECT_LE(times.back(), Milliseconds(800));
  if (kIsInstrumented) return;
  EXPECT_LE(times[30], Milliseconds(350));
  EXPECT_LE(times[48], Milliseconds(500));
}

TEST(BondDeparture, ALinkThatIsSlowInOneDirectionIsLeftSoonAndUsedAgain) {
  BondWay worse = kFast;
  worse.delay = Milliseconds(100);
  for (std::uint64_t seed = 1; seed <= seeds_to_run(60); ++seed) {
    const Departure departure = leave(seed, BondEnd::kLeft, worse);
    EXPECT_LE(departure.after, Milliseconds(500)) << seed;
    EXPECT_TRUE(departure.is_back) << seed;
  }
}

}  // namespace
}  // namespace hawser
