// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/support/instrumented.h"

namespace hawser {
namespace {

BondWay way(std::uint64_t mbps, int delay, int wander = 0, double loss_percent = 0) {
  return {.delay = Milliseconds(delay),
          .wander = Milliseconds(wander),
          .loss = loss_percent / 100,
          .rate_bps = mbps * 1'000'000};
}

BondWay disorderly(std::uint64_t mbps, int delay) {
  BondWay made = way(mbps, delay);
  made.reorder = 0.01;
  made.reorder_by = Milliseconds(50);
  return made;
}

struct Profile {
  const char* name;
  BondWay first;
  BondWay second;
  double mbps;              // at least
  std::uint64_t seeds = 2;  // of which that is the mean
};

void PrintTo(const Profile& profile, std::ostream* out) { *out << profile.name; }

class OneFlow : public testing::TestWithParam<Profile> {};

// As bench/multipath.py measures it, but in virtual time.
TEST_P(OneFlow, UsesBothLinks) {
  const Profile& profile = GetParam();
  const std::uint64_t seeds = seeds_to_run(profile.seeds);
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    BondSimulation sim({.seed = seed, .left_workers = 1, .right_workers = 1});
    sim.add_link(profile.first);
    sim.add_link(profile.second);
    BondTransfer transfer(sim);
    sim.begin(2);
    sim.run_for(Seconds(1));
    transfer.start();
    transfer.run(Seconds(5));
    const BondTransfer::Result result = transfer.run(Seconds(14));
    std::cout << profile.name << ", seed " << seed << ": " << result.mbps << " Mbit/s, "
              << result.reductions << " reductions, " << result.timeouts << " timeouts\n";
    EXPECT_EQ(sim.unsound(), 0u);
    sum += result.mbps;
  }
  const double least = kIsInstrumented ? 1 : profile.mbps;
  EXPECT_GE(sum / static_cast<double>(seeds), least);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, OneFlow,
    testing::Values(Profile{"baseline", way(50, 20), way(50, 20), 92},
                    Profile{"rtt_70", way(50, 20), way(50, 70), 90},
                    Profile{"bw_4to1", way(50, 20), way(12, 20), 56},
                    Profile{"fiber_lte", way(300, 8), way(30, 40, 8, 0.5), 250},
                    Profile{"jit_5", way(50, 20, 5), way(50, 20, 5), 75},
                    Profile{"jit_20", way(50, 20, 20), way(50, 20, 20), 60},
                    Profile{"loss_05", way(50, 20, 0, 0.5), way(50, 20, 0, 0.5), 65},
                    Profile{"loss_2", way(50, 20, 0, 2), way(50, 20, 0, 2), 54},
                    Profile{"dual_lte", way(40, 30, 5, 0.5), way(25, 45, 8, 0.5), 30, 12},
                    Profile{"lte_starlink", way(40, 35, 8), way(100, 50, 25, 1), 44, 12},
                    Profile{"reorder_1", disorderly(50, 20), disorderly(50, 20), 65, 4}),
    [](const auto& each) { return std::string(each.param.name); });

// Paths that were full take a few packets at a time, also when no limit holds any more.
TEST(Transfer, WaitsForPathsThatTakeNoMoreForTheMoment) {
  for (const std::size_t links : {1u, 2u}) {
    BondSimulation sim({.left_workers = 1, .right_workers = 1});
    for (std::size_t i = 0; i < 2; ++i) {
      sim.add_link(way(50, 20));
      sim.plan_of(i).preference.limit_bps = i < links ? 10'000'000 : 0;
    }
    BondTransfer transfer(sim);
    sim.begin(links);
    sim.run_for(Seconds(1));
    transfer.start();
    transfer.run(Seconds(3));
    if (links == 1) sim.plan(1);
    transfer.run(Seconds(1));
    for (std::size_t i = 0; i < links; ++i) {
      sim.plan_of(i).preference.limit_bps = 0;
      sim.plan(i);
    }
    const BondTransfer::Result result = transfer.run(Seconds(5));
    EXPECT_EQ(sim.side(BondEnd::kLeft).drops(DropReason::kNoPath), 0u);
    EXPECT_EQ(result.timeouts, 0u);
    EXPECT_GT(result.mbps, 30);
  }
}

}  // namespace
}  // namespace hawser
