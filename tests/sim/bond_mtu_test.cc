// SPDX-License-Identifier: Apache-2.0
// Links with a router in the middle that takes less than the ends think.
#include <gtest/gtest.h>

#include <algorithm>

#include "multipath/path_mtu.h"
#include "tests/sim/bond_simulation.h"

namespace hawser {
namespace {

constexpr std::size_t kNarrow = 1300;
constexpr std::size_t kLargest = room_in_outer(kNarrow, true) - kShimSize;
constexpr std::size_t kHeaders = 28;  // of inner packets

class BondMtuTest : public ::testing::Test {
 protected:
  BondMtuTest() : sim_({.seed = 29, .traffic = by_turns()}) {
    for (const std::size_t mtu : {std::size_t{1500}, kNarrow}) {
      BondWay way{.delay = Milliseconds(20)};
      way.mtu = mtu;
      sim_.add_link(way);
    }
    for (const BondEnd from : kBondEnds) {
      sim_.add_flow({.from = from, .octets = kLargest - kHeaders});
      sim_.add_flow({.from = from, .octets = kLargest - kHeaders + 1});
    }
  }
  static SetTraffic by_turns() {
    SetTraffic traffic;
    traffic.policies.by_class.fill(TrafficPolicy::kRoundRobin);
    return traffic;
  }
  bool is_active(PathId path) {
    return std::ranges::all_of(kBondEnds, [&](BondEnd end) {
      return std::ranges::all_of(sim_.side(end).status(), [&](const BondStatus& bond) {
        const auto found = std::ranges::find(bond.paths, path, &PathStatus::id);
        return found != bond.paths.end() && found->state == PathState::kActive;
      });
    });
  }
  std::uint64_t lost(std::size_t flow, TimePoint since) {
    return sim_.flows().at(flow).lost(since, sim_.now() - Milliseconds(200));
  }

  BondSimulation sim_;
};

TEST_F(BondMtuTest, PathBehindANarrowLinkComesUpAndCarriesWhatFits) {
  sim_.begin(2);
  EXPECT_TRUE(sim_.run_until([&] { return is_active(PathId(1)); }, Seconds(3)));
  sim_.run_for(Seconds(3));
  const TimePoint began = sim_.now();
  sim_.run_for(Seconds(20));
  EXPECT_EQ(lost(0, began) + lost(2, began), 0u);
  for (const BondEnd end : kBondEnds) {
    EXPECT_GT(sim_.side(end).drops(DropReason::kTooBig), 900u) << "one octet more, by either path";
    for (const BondStatus& bond : sim_.side(end).status()) {
      if (bond.paths.at(1).sent_packets > 100) {
        EXPECT_EQ(bond.paths[1].mtu, kNarrow);
      }
    }
  }
}

TEST_F(BondMtuTest, WhatFitsIsMoreAMinuteAfterTheNarrowPathIsGone) {
  sim_.begin(2);
  sim_.run_for(Seconds(10));
  sim_.remove(1);
  sim_.link(1).set_dark(true);
  sim_.run_for(Seconds(120));
  const TimePoint began = sim_.now();
  sim_.run_for(Seconds(10));
  for (const std::size_t flow : {0u, 1u, 2u, 3u}) EXPECT_EQ(lost(flow, began), 0u) << flow;
}

}  // namespace
}  // namespace hawser
