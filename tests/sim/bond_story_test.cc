// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/bond_simulation.h"
#include "tests/support/instrumented.h"
#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

constexpr BondWay kFast{.delay = Milliseconds(20)};
constexpr BondWay kSlow{.delay = Milliseconds(35)};

SetTraffic all_by(TrafficPolicy policy) {
  SetTraffic traffic;
  traffic.policies.by_class = {policy, policy, policy};
  return traffic;
}

// A call, something interactive and something large, each both ways, at each worker.
void add_flows(BondSimulation& sim) {
  for (const BondEnd from : kBondEnds) {
    for (unsigned w = 0; w < sim.side(from).workers(); ++w) {
      for (const TrafficClass of :
           {TrafficClass::kRealTime, TrafficClass::kInteractive, TrafficClass::kBulk}) {
        sim.add_flow({.from = from, .traffic_class = of, .worker = w});
      }
    }
  }
}

// No packet twice, none out of order, each flow at one worker.
void expect_order(BondSimulation& sim) {
  EXPECT_EQ(sim.unsound(), 0u);
  for (const BondFlow& flow : sim.flows()) {
    EXPECT_EQ(flow.twice(), 0u);
    EXPECT_EQ(flow.reordered(), 0u);
    EXPECT_EQ(flow.at_other_workers(), 0u);
  }
}

std::uint64_t lost(BondSimulation& sim, TimePoint from, TimePoint to) {
  std::uint64_t sum = 0;
  for (const BondFlow& flow : sim.flows()) sum += flow.lost(from, to);
  return sum;
}

Duration longest_gap(BondSimulation& sim, TrafficClass of) {
  Duration longest{0};
  for (const BondFlow& flow : sim.flows()) {
    if (flow.spec.traffic_class == of) longest = std::max(longest, flow.gap());
  }
  return longest;
}

std::uint64_t sent_on(BondSimulation& sim, PathId path) {
  std::uint64_t sum = 0;
  for (const BondEnd end : kBondEnds) {
    for (const BondStatus& bond : sim.side(end).status()) {
      for (const PathStatus& one : bond.paths) sum += one.id == path ? one.sent_packets : 0;
    }
  }
  return sum;
}

void restart_gaps(BondSimulation& sim) {
  for (BondFlow& flow : sim.flows()) flow.restart_gap();
}

bool is_in_state(BondSimulation& sim, BondEnd end, PathId path, PathState state) {
  const auto all = sim.side(end).status();
  return std::ranges::all_of(all, [&](const BondStatus& bond) {
    const auto found = std::ranges::find(bond.paths, path, &PathStatus::id);
    return found != bond.paths.end() && found->state == state;
  });
}

bool all_active(BondSimulation& sim, std::size_t paths) {
  for (const BondEnd end : kBondEnds) {
    for (std::size_t i = 0; i < paths; ++i) {
      if (!is_in_state(sim, end, PathId(static_cast<std::uint32_t>(i)), PathState::kActive)) {
        return false;
      }
    }
  }
  return true;
}

TEST(BondStory, TwoWorkersAgainstThreeKeepEachFlowAtOneOwner) {
  BondSimulation sim({.seed = 3, .missteer = 0.2, .traffic = all_by(TrafficPolicy::kDuplicate)});
  sim.add_link(kFast);
  sim.add_link(kSlow);
  add_flows(sim);
  const TimePoint began = sim.now();
  sim.begin(2);
  sim.run_for(Seconds(30));
  EXPECT_TRUE(all_active(sim, 2));
  expect_order(sim);
  EXPECT_EQ(lost(sim, began, sim.now() - Milliseconds(100)), 0u);
  for (const BondEnd end : kBondEnds) {
    EXPECT_GT(sim.side(end).handed_over(), 1000u);
    EXPECT_GT(sim.side(end).drops(DropReason::kDuplicateFrame), 8000u);
  }
}

TEST(BondStory, DuplicateLosesNothingWhenALinkGoesDark) {
  for (const std::size_t dark : {0u, 1u}) {
    BondSimulation sim({.seed = 5, .traffic = all_by(TrafficPolicy::kDuplicate)});
    sim.add_link(kFast);
    sim.add_link(kFast);
    add_flows(sim);
    sim.begin(2);
    ASSERT_TRUE(sim.run_until([&] { return all_active(sim, 2); }, Seconds(5)));
    sim.run_for(Seconds(2));
    const TimePoint began = sim.now();
    sim.link(dark).set_dark(true);
    sim.run_for(Seconds(10));
    sim.link(dark).set_dark(false);
    sim.run_for(Seconds(20));
    EXPECT_EQ(lost(sim, began, sim.now() - Milliseconds(100)), 0u);
    EXPECT_TRUE(all_active(sim, 2));
    expect_order(sim);
  }
}

// Silence has to be told from a pause: 100 ms, two round trips, and the distance of two packets.
TEST(BondStory, FailoverLeavesASilentLinkSoon) {
  for (const BondEnd blind : kBondEnds) {
    BondSimulation sim({.seed = 7, .traffic = all_by(TrafficPolicy::kFailover)});
    sim.add_link(kFast);
    sim.add_link(kSlow);
    add_flows(sim);
    sim.begin(2);
    ASSERT_TRUE(sim.run_until([&] { return all_active(sim, 2); }, Seconds(5)));
    sim.run_for(Seconds(10));
    restart_gaps(sim);
    sim.link(0).way(other(blind)).is_dark = true;  // what goes to `blind`
    sim.run_for(Seconds(10));
    // From one path to the other the packets take 15 ms more.
    const Duration most = Milliseconds(100) + 2 * sim.link(0).round_trip() + Milliseconds(35);
    EXPECT_LE(longest_gap(sim, TrafficClass::kRealTime), most);
    EXPECT_GT(longest_gap(sim, TrafficClass::kRealTime), Milliseconds(40));
    // What follows a loss waits for it.
    EXPECT_LE(longest_gap(sim, TrafficClass::kInteractive), 2 * most);
    EXPECT_LE(longest_gap(sim, TrafficClass::kBulk), 2 * most);
    expect_order(sim);
  }
}

// One packet in 2,500 is lost, and lost when it goes again. All behind it waits.
TEST(BondStory, WhatGoesAgainIsHardlyLostAgain) {
  constexpr BondWay kLossy{.delay = Milliseconds(40), .loss = 0.02};
  std::vector<Duration> gaps;
  for (std::uint64_t seed = 1; seed <= seeds_to_run(9); ++seed) {
    BondSimulation sim({.seed = seed,
                        .left_workers = 1,
                        .right_workers = 1,
                        .traffic = all_by(TrafficPolicy::kAggregate)});
    sim.add_link(kLossy);
    sim.add_link(kLossy);
    sim.add_flow({.interval = Milliseconds(2), .octets = 1200});
    sim.begin(2);
    sim.run_for(Seconds(5));
    restart_gaps(sim);
    sim.run_for(Seconds(20));
    gaps.push_back(longest_gap(sim, TrafficClass::kBulk));
  }
  std::ranges::sort(gaps);
  // To be asked for a second time takes a hundred milliseconds more than this.
  EXPECT_LE(gaps[gaps.size() / 2], Milliseconds(140));
}

TEST(BondStory, AThirdLinkJoinsWithinASecond) {
  BondSimulation sim({.seed = 11, .traffic = all_by(TrafficPolicy::kRoundRobin)});
  sim.add_link(kSlow);
  sim.add_link(kSlow);
  sim.add_link(kFast);
  add_flows(sim);
  sim.begin(2);
  sim.run_for(Seconds(20));
  const TimePoint began = sim.now();
  sim.plan(2);
  EXPECT_TRUE(sim.run_until([&] { return all_active(sim, 3); }, Seconds(1)));
  sim.run_for(Seconds(10));
  // The others have had two more times ten seconds.
  EXPECT_GT(sent_on(sim, PathId(2)), sent_on(sim, PathId(0)) / 5);
  EXPECT_EQ(lost(sim, began, sim.now() - Milliseconds(100)), 0u);
  expect_order(sim);
}

// Each pair of SAs finds it out for itself, from the first packet that comes from the new address.
TEST(BondStory, ANatThatForgetsIsFollowed) {
  for (const std::size_t links : {1u, 2u}) {
    BondSimulation sim({.seed = 13,
                        .left_workers = 1,
                        .right_workers = 1,
                        .traffic = all_by(TrafficPolicy::kFailover)});
    sim.add_link(kFast);
    sim.add_link(kSlow);
    add_flows(sim);
    sim.begin(links);
    sim.run_for(Seconds(10));
    restart_gaps(sim);
    const TimePoint rebound = sim.now();
    sim.rebind(0);
    sim.run_for(Seconds(5));
    // The next packet is at most 20 ms away; it, a challenge and its answer.
    const Duration most = 2 * sim.link(0).round_trip() + Milliseconds(50) + Milliseconds(20);
    EXPECT_LE(longest_gap(sim, TrafficClass::kRealTime), most);
    EXPECT_LE(longest_gap(sim, TrafficClass::kInteractive), most);
    EXPECT_EQ(lost(sim, rebound + Milliseconds(150), sim.now() - Milliseconds(100)), 0u);
    expect_order(sim);
    const AddressPair there{sim.link(0).right, sim.link(0).seen};
    for (const BondStatus& bond : sim.side(BondEnd::kRight).status()) {
      EXPECT_EQ(bond.paths.at(0).addresses, there);
    }
  }
}

TEST(BondStory, ARecordedPacketFromAThirdAddressMovesNothing) {
  BondSimulation sim({.seed = 17, .traffic = all_by(TrafficPolicy::kAggregate)});
  sim.add_link(kFast);
  sim.add_link(kSlow);
  add_flows(sim);
  const TransportAddress attacker = transport("198.51.100.66:666");
  std::vector<Bytes> recorded;
  std::uint64_t to_attacker = 0;
  sim.on_send = [&](BondEnd from, const AddressPair& addresses, const Bytes& datagram) {
    if (from == BondEnd::kLeft) recorded.push_back(datagram);
    if (addresses.remote == attacker) ++to_attacker;
  };
  sim.begin(2);
  sim.run_for(Seconds(10));
  const std::vector<Bytes> old = std::move(recorded);
  ASSERT_GT(old.size(), 1000u);
  // Those of the last second are in the windows; none of them is the newest.
  sim.link(0).way(BondEnd::kLeft).is_dark = true;
  sim.run_for(Milliseconds(60));
  const std::vector<Bytes> held_back = std::move(recorded);
  sim.link(0).way(BondEnd::kLeft).is_dark = false;
  sim.run_for(Seconds(2));
  for (const auto& packets : {old, held_back}) {
    for (const Bytes& packet : packets) {
      sim.inject(BondEnd::kRight, {sim.link(0).right, attacker}, packet);
    }
    sim.run_for(Seconds(5));
  }
  EXPECT_EQ(to_attacker, 0u);
  EXPECT_GT(sim.side(BondEnd::kRight).drops(DropReason::kReplayed) +
                sim.side(BondEnd::kRight).drops(DropReason::kTooOld),
            old.size() - 10);
  for (const BondFlow& flow : sim.flows()) EXPECT_EQ(flow.twice(), 0u);
  EXPECT_TRUE(all_active(sim, 2));
}

TEST(BondStory, AllLinksDeadForAMinuteAndBack) {
  for (const std::size_t first : {0u, 1u}) {
    BondSimulation sim({.seed = 19, .traffic = all_by(TrafficPolicy::kAggregate)});
    sim.add_link(kFast);
    sim.add_link(kSlow);
    add_flows(sim);
    sim.begin(2);
    sim.run_for(Seconds(10));
    for (const std::size_t i : {0u, 1u}) sim.link(i).set_dark(true);
    sim.run_for(Seconds(60));
    const TimePoint returned = sim.now();
    sim.link(first).set_dark(false);
    EXPECT_TRUE(sim.run_until(
        [&] {
          return std::ranges::all_of(
              sim.flows(), [&](const BondFlow& flow) { return *flow.last_delivered() > returned; });
        },
        Seconds(1)));
    sim.run_for(Seconds(10));
    EXPECT_EQ(lost(sim, returned + Seconds(1), sim.now() - Milliseconds(100)), 0u);
    expect_order(sim);
  }
}

TEST(BondStory, ARekeyLosesNothing) {
  BondSimulation sim({.seed = 23, .traffic = all_by(TrafficPolicy::kAggregate)});
  sim.add_link(kFast);
  sim.add_link(kSlow);
  add_flows(sim);
  const TimePoint began = sim.now();
  sim.begin(2);
  for (int i = 0; i < 5; ++i) {
    sim.run_for(Seconds(10));
    sim.rekey();
  }
  sim.run_for(Seconds(10));
  EXPECT_EQ(lost(sim, began, sim.now() - Milliseconds(100)), 0u);
  EXPECT_TRUE(all_active(sim, 2));
  expect_order(sim);
}

// Of calls both ways, while one of two links is dark and the other one loses.
struct LoneCalls {
  double lost = 0;  // share of their packets
  std::uint64_t octets = 0;
  std::uint64_t parity = 0;
};
LoneCalls run_lone_calls(TrafficPolicy policy, double loss, std::uint64_t seed) {
  BondSimulation sim(
      {.seed = seed, .left_workers = 1, .right_workers = 1, .traffic = all_by(policy)});
  BondWay way = kFast;
  way.loss = loss;
  sim.add_link(way);
  sim.add_link(kSlow);
  for (const BondEnd from : kBondEnds) {
    sim.add_flow({.from = from, .traffic_class = TrafficClass::kRealTime});
  }
  LoneCalls result;
  sim.on_send = [&](BondEnd, const AddressPair&, const Bytes& datagram) {
    result.octets += datagram.size();
  };
  sim.begin(2);
  sim.run_for(Seconds(5));
  sim.link(1).set_dark(true);
  sim.run_for(Seconds(10));
  const TimePoint began = sim.now();
  result.octets = 0;
  sim.run_for(Seconds(300));
  std::uint64_t sent = 0;
  for (const BondFlow& flow : sim.flows()) {
    EXPECT_EQ(flow.twice(), 0u);
    sent += flow.sent() * 300 / 315;
  }
  result.lost = static_cast<double>(lost(sim, began, sim.now() - Milliseconds(200))) /
                static_cast<double>(sent);
  for (const BondEnd end : kBondEnds) {
    for (const BondStatus& bond : sim.side(end).status()) result.parity += bond.parity_sent;
  }
  EXPECT_EQ(sim.unsound(), 0u);
  return result;
}

TEST(BondStory, ALoneLinkThatLosesHasParityForCalls) {
  for (std::uint64_t seed = 1; seed <= seeds_to_run(3); ++seed) {
    const LoneCalls bare = run_lone_calls(TrafficPolicy::kFailover, 0.02, seed);
    const LoneCalls covered = run_lone_calls(TrafficPolicy::kDuplicate, 0.02, seed);
    EXPECT_GT(bare.lost, 0.015);
    EXPECT_LT(covered.lost, 0.002);
    EXPECT_EQ(bare.parity, 0u);
    EXPECT_LT(static_cast<double>(covered.octets), 1.5 * static_cast<double>(bare.octets));
    RecordProperty("lost_per_million", static_cast<int>(covered.lost * 1e6));
  }
}

TEST(BondStory, ALoneLinkThatLosesNothingHasNoParity) {
  EXPECT_EQ(run_lone_calls(TrafficPolicy::kDuplicate, 0, 1).parity, 0u);
}

}  // namespace
}  // namespace hawser
