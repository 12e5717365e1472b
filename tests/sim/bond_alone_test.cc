// SPDX-License-Identifier: Apache-2.0
// A path alone: what goes without the shim, and what does not.
#include <gtest/gtest.h>

#include "tests/sim/bond_simulation.h"
#include "tests/support/inner_packets.h"
#include "tests/support/instrumented.h"
#include "tunnel/esp_packet.h"

namespace hawser {
namespace {

constexpr BondWay kWay{.delay = Milliseconds(20)};

// What was not asked costs nothing.
TEST(BondAlone, APathAloneThatIsIdleIsSilent) {
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
TEST(BondAlone, APathAloneThatCarriesDataIsNotMeasured) {
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

// Of the left end's data, how much was as long as ESP alone makes it, and how much longer.
class OnTheWire {
 public:
  explicit OnTheWire(BondSimulation& sim) : sim_(sim) {
    const std::size_t size = esp_sealed_size(make_udp({}, pattern(kOctets)).size());
    sim.on_send = [this, size](BondEnd from, const AddressPair&, const Bytes& datagram) {
      if (from != BondEnd::kLeft) return;
      if (datagram.size() == size) ++plain;
      if (datagram.size() >= size + kShimSize && datagram.size() < size + 30) ++longer;
    };
  }
  // Counts that of the time to come.
  void run_for(Duration time) {
    plain = longer = 0;
    sim_.run_for(time);
  }

  static constexpr std::size_t kOctets = 700;
  std::uint64_t plain = 0;
  std::uint64_t longer = 0;

 private:
  BondSimulation& sim_;
};

TEST(BondAlone, OnlyWhatHasSeveralPathsIsNumbered) {
  BondSimulation sim({.seed = 11, .left_workers = 1, .right_workers = 1});
  sim.add_link(kWay);
  sim.add_link(kWay);
  sim.add_flow({.traffic_class = TrafficClass::kInteractive, .octets = OnTheWire::kOctets});
  OnTheWire wire(sim);
  sim.begin(1);
  wire.run_for(Seconds(5));
  EXPECT_GE(wire.plain, 240u);
  EXPECT_EQ(wire.longer, 0u);
  sim.plan(1);
  wire.run_for(Seconds(5));
  EXPECT_EQ(wire.plain, 0u);
  EXPECT_GE(wire.longer, 240u);
  EXPECT_GE(sim.flows()[0].delivered() + 2, sim.flows()[0].sent());
}

// Whether the other end has something to send or not.
TEST(BondAlone, APathThatDoesNotKeepOrderIsNumberedWhileItDoesNot) {
  for (const bool both_ways : {false, true}) {
    BondSimulation sim({.seed = 13, .left_workers = 1, .right_workers = 1});
    BondWay way = kWay;
    way.reorder = 0.01;
    way.reorder_by = Milliseconds(50);
    sim.add_link(way);
    BondFlowSpec flow{.interval = Milliseconds(2), .octets = OnTheWire::kOctets};
    sim.add_flow(flow);
    flow.from = BondEnd::kRight;
    if (both_ways) sim.add_flow(flow);
    OnTheWire wire(sim);
    sim.begin(1);
    sim.run_for(Seconds(5));
    const std::uint64_t before = sim.flows()[0].reordered();
    EXPECT_GE(before, 4u) << "it has to be seen";
    wire.run_for(Seconds(20));
    EXPECT_EQ(wire.plain, 0u);
    EXPECT_LE(sim.flows()[0].reordered(), before + 2) << "of 10,000, of which 1 % come late";

    sim.link(0).set_both(kWay);
    sim.run_for(Seconds(30));
    wire.run_for(Seconds(10));
    EXPECT_EQ(wire.longer, 0u) << "two ends do not keep each other at it";
    for (const BondEnd end : kBondEnds) {
      EXPECT_EQ(sim.side(end).status().at(0).paths.at(0).receiving.lost_packets, 0u);
    }
    for (const BondFlow& each : sim.flows()) EXPECT_GE(each.delivered() + 11, each.sent());
  }
}

// Probes are numbered by ESP as all else is, and all else is not noted.
TEST(BondAlone, WhatIsNotNotedIsNoLossWhenAnotherPathJoins) {
  BondSimulation sim({.seed = 15, .left_workers = 1, .right_workers = 1});
  sim.add_link(kWay);
  sim.add_link(kWay);
  for (const BondEnd from : kBondEnds) sim.add_flow({.from = from});
  sim.begin(1);
  const auto expect_no_loss = [&] {
    for (const BondEnd end : kBondEnds) {
      const PathStatus path = sim.side(end).status().at(0).paths.at(0);
      EXPECT_EQ(path.receiving.lost_packets, 0u);
      EXPECT_EQ(path.sending.lost_packets, 0u);
    }
  };
  sim.run_for(Seconds(10));
  expect_no_loss();
  sim.plan(1);
  sim.run_for(Seconds(10));
  expect_no_loss();
  EXPECT_GE(sim.side(BondEnd::kLeft).status().at(0).paths.at(0).sending.delivered_packets, 100u);
}

// A path that comes or goes, faster or slower than the first, is no reason to see a flow in another
// order.
TEST(BondAlone, OrderIsKeptWhenASecondPathComesAndGoes) {
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
