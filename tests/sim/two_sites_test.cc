// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/sim/simulation.h"
#include "tunnel/ip_header.h"

// Two sites, left with 2 workers and right with 3, over one emulated link:
//
//   10.1.0.0/16 -- left (192.0.2.1) ==== link ==== right (192.0.2.2) -- 10.2.0.0/16

namespace hawser {
namespace {

constexpr unsigned kLeftWorkers = 2;
constexpr unsigned kRightWorkers = 3;
constexpr unsigned kSaCount = 3;

struct TwoSites {
  struct Options {
    std::uint64_t seed = 1;
    unsigned sa_count = kSaCount;
    bool esn = true;
    AeadAlgorithm algorithm = AeadAlgorithm::kAes256Gcm;
    double missteer = 0.1;
    bool right_knows_left = true;
  };

  explicit TwoSites(const Options& options)
      : sim(options.seed),
        left(sim.add_node({.name = "left",
                           .address = transport("192.0.2.1:4500"),
                           .workers = kLeftWorkers,
                           .missteer = options.missteer})),
        right(sim.add_node({.name = "right",
                            .address = transport("192.0.2.2:4500"),
                            .workers = kRightWorkers,
                            .missteer = options.missteer})) {
    PeerConfig to_right{.name = "right",
                        .endpoint = right.address(),
                        .allowed_ips = prefixes({"10.2.0.0/16", "fd02::/16"}),
                        .keepalive = Seconds(20),
                        .effective_mtu = 1438};
    PeerConfig to_left{.name = "left",
                       .allowed_ips = prefixes({"10.1.0.0/16", "fd01::/16"}),
                       .effective_mtu = 1438};
    if (options.right_knows_left) to_left.endpoint = left.address();
    for (std::uint16_t k = 0; k < options.sa_count; ++k) {
      SaPair pair = test_sa_pair(k, kLeftWorkers, kRightWorkers, options.algorithm, options.esn);
      to_right.sas.push_back(std::move(pair.left));
      to_left.sas.push_back(std::move(pair.right));
    }
    EndpointConfig left_config;
    left_config.peers.push_back(std::move(to_right));
    left.configure(std::move(left_config));
    EndpointConfig right_config;
    right_config.peers.push_back(std::move(to_left));
    right.configure(std::move(right_config));
  }

  // `count` numbered packets of each of `flows` flows, one every `interval`, from both sides.
  void send_flows(unsigned flows, unsigned count, Duration interval) {
    for (unsigned i = 0; i < count; ++i) {
      sim.at(sim.now() + interval * i, [this, flows, i] {
        for (unsigned flow = 0; flow < flows; ++flow) {
          left.send_inner(numbered("10.1.0.1", "10.2.0.1", flow, i), flow % kLeftWorkers);
          right.send_inner(numbered("10.2.0.1", "10.1.0.1", flow, i), flow % kRightWorkers);
        }
      });
    }
  }

  static Bytes numbered(std::string_view source, std::string_view destination, unsigned flow,
                        unsigned number) {
    Bytes payload = pattern(16 + (flow * 131 + number * 17) % 900, flow * 7919 + number);
    store_be32(payload.data(), flow);
    store_be32(payload.data() + 4, number);
    return make_udp({.source = source,
                     .destination = destination,
                     .source_port = static_cast<std::uint16_t>(1000 + flow)},
                    payload);
  }

  Simulation sim;
  SimNode& left;
  SimNode& right;
};

struct FlowReport {
  std::uint64_t received = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t damaged = 0;
};

FlowReport report(const SimNode& node, std::string_view source, std::string_view destination) {
  FlowReport result;
  std::map<std::uint32_t, std::set<std::uint32_t>> seen;
  for (const SimNode::Delivered& one : node.delivered) {
    ++result.received;
    const std::uint32_t flow = load_be32(one.packet.data() + 28);
    const std::uint32_t number = load_be32(one.packet.data() + 32);
    if (one.packet != TwoSites::numbered(source, destination, flow, number)) ++result.damaged;
    auto& numbers = seen[flow];
    if (!numbers.empty() && number < *numbers.rbegin()) ++result.out_of_order;
    if (!numbers.insert(number).second) ++result.duplicates;
  }
  return result;
}

TEST(TwoSites, EverythingArrivesInOrderOverACleanLink) {
  TwoSites sites({});
  sites.sim.set_links(sites.left, sites.right, {.delay = Milliseconds(25), .rate_bps = 50'000'000});
  sites.send_flows(8, 200, Milliseconds(5));
  sites.sim.run_for(Seconds(3));
  for (const SimNode* node : {&sites.left, &sites.right}) {
    const bool is_left = node == &sites.left;
    const FlowReport flows =
        report(*node, is_left ? "10.2.0.1" : "10.1.0.1", is_left ? "10.1.0.1" : "10.2.0.1");
    EXPECT_EQ(flows.received, 8u * 200);
    EXPECT_EQ(flows.duplicates, 0u);
    EXPECT_EQ(flows.out_of_order, 0u);
    EXPECT_EQ(flows.damaged, 0u);
    EXPECT_GT(node->handed_over(), 0u) << "wrongly steered packets were handed to their owner";
  }
}

TEST(TwoSites, OneSaServesAllWorkersByHandingOver) {
  TwoSites sites({.sa_count = 1});
  sites.sim.set_links(sites.left, sites.right, {});
  sites.send_flows(6, 50, Milliseconds(10));
  sites.sim.run_for(Seconds(2));
  EXPECT_EQ(sites.left.delivered.size(), 6u * 50);
  EXPECT_EQ(sites.right.delivered.size(), 6u * 50);
  for (const SimNode::Delivered& one : sites.right.delivered) EXPECT_EQ(one.worker, 0u);
}

TEST(TwoSites, AFlowIsAlwaysWrittenByOneWorker) {
  TwoSites sites({.missteer = 0.5});
  sites.sim.set_links(sites.left, sites.right, {.jitter = Milliseconds(30), .duplicate = 0.2});
  sites.send_flows(12, 50, Milliseconds(3));
  sites.sim.run_for(Seconds(2));
  std::map<std::uint32_t, std::set<unsigned>> workers;
  for (const SimNode::Delivered& one : sites.right.delivered) {
    workers[load_be32(one.packet.data() + 28)].insert(one.worker);
  }
  EXPECT_EQ(workers.size(), 12u);
  for (const auto& [flow, set] : workers) EXPECT_EQ(set.size(), 1u) << "flow " << flow;
}

TEST(TwoSites, APeerWithoutEndpointIsLearnedAndFollowed) {
  TwoSites sites({.right_knows_left = false});
  sites.sim.set_links(sites.left, sites.right, {});
  sites.right.send_inner(TwoSites::numbered("10.2.0.1", "10.1.0.1", 0, 0), 1);
  EXPECT_EQ(sites.right.drops(DropReason::kNoEndpoint), 1u);
  sites.left.send_inner(TwoSites::numbered("10.1.0.1", "10.2.0.1", 0, 0));
  sites.sim.run_for(Seconds(1));
  ASSERT_EQ(sites.right.delivered.size(), 1u);
  // All workers know it now, also those that did not receive it.
  for (unsigned worker = 0; worker < kRightWorkers; ++worker) {
    sites.right.send_inner(TwoSites::numbered("10.2.0.1", "10.1.0.1", worker, 1), worker);
  }
  sites.sim.run_for(Seconds(1));
  EXPECT_EQ(sites.left.delivered.size(), kRightWorkers);

  sites.left.set_address(transport("192.0.2.77:1234"));
  sites.left.send_inner(TwoSites::numbered("10.1.0.1", "10.2.0.1", 0, 1));
  sites.sim.run_for(Seconds(1));
  sites.right.send_inner(TwoSites::numbered("10.2.0.1", "10.1.0.1", 0, 2));
  sites.sim.run_for(Seconds(1));
  EXPECT_EQ(sites.left.delivered.size(), kRightWorkers + 1);
}

TEST(TwoSites, KeepalivesFlowWhenNothingElseDoes) {
  TwoSites sites({});
  sites.sim.set_links(sites.left, sites.right, {});
  sites.sim.run_for(Seconds(101));
  EXPECT_EQ(sites.sim.counters(sites.left, sites.right).sent, 5u);
  EXPECT_EQ(sites.sim.counters(sites.right, sites.left).sent, 0u);
  sites.left.send_inner(TwoSites::numbered("10.1.0.1", "10.2.0.1", 0, 0));
  sites.sim.run_for(Seconds(19));
  EXPECT_EQ(sites.sim.counters(sites.left, sites.right).sent, 6u) << "data put the keepalive off";
}

class TwoSitesSeeds : public testing::TestWithParam<std::uint64_t> {};

// A network that loses, reorders, duplicates and damages: nothing comes out twice, nothing comes
// out damaged, and everything that arrived whole comes out.
TEST_P(TwoSitesSeeds, BadNetworkDeliversOnceOrNever) {
  const std::uint64_t seed = GetParam();
  constexpr AeadAlgorithm kAlgorithms[] = {AeadAlgorithm::kAes128Gcm, AeadAlgorithm::kAes256Gcm,
                                           AeadAlgorithm::kChaCha20Poly1305};
  TwoSites sites({.seed = seed, .esn = seed % 2 == 0, .algorithm = kAlgorithms[seed % 3]});
  sites.sim.set_links(sites.left, sites.right,
                      {.delay = Milliseconds(20),
                       .jitter = Milliseconds(seed % 7),
                       .loss = 0.05,
                       .reorder = 0.1,
                       .reorder_delay = Milliseconds(50),
                       .duplicate = 0.05,
                       .corrupt = 0.02,
                       .rate_bps = 20'000'000});
  sites.send_flows(5, 100, Milliseconds(4));
  sites.sim.run_for(Seconds(5));
  const FlowReport flows = report(sites.right, "10.1.0.1", "10.2.0.1");
  const LinkCounters& link = sites.sim.counters(sites.left, sites.right);
  EXPECT_EQ(flows.duplicates, 0u) << "seed " << seed;
  EXPECT_EQ(flows.damaged, 0u) << "seed " << seed;
  EXPECT_GT(link.lost, 0u);
  EXPECT_GT(link.duplicated, 0u);
  // A damaged one may have a sound twin, so it is only a bound.
  EXPECT_GE(flows.received + link.lost + link.corrupted, link.sent) << "seed " << seed;
  EXPECT_LE(flows.received + link.lost, link.sent) << "seed " << seed;
  const std::uint64_t refused =
      sites.right.drops(DropReason::kIcvFailed) + sites.right.drops(DropReason::kUnknownSpi) +
      sites.right.drops(DropReason::kTooOld) + sites.right.drops(DropReason::kReplayed) +
      sites.right.drops(DropReason::kControlPacket) + sites.right.drops(DropReason::kZeroSequence);
  EXPECT_EQ(flows.received + refused, link.sent - link.lost + link.duplicated) << "seed " << seed;
}

TEST_P(TwoSitesSeeds, TheSameSeedGivesTheSameRun) {
  const auto run = [](std::uint64_t seed) {
    TwoSites sites({.seed = seed});
    sites.sim.set_links(sites.left, sites.right,
                        {.jitter = Milliseconds(15), .loss = 0.1, .duplicate = 0.1});
    sites.send_flows(3, 30, Milliseconds(2));
    sites.sim.run_for(Seconds(1));
    return sites.sim.digest();
  };
  EXPECT_EQ(run(GetParam()), run(GetParam()));
  EXPECT_NE(run(GetParam()), run(GetParam() + 1000));
}

INSTANTIATE_TEST_SUITE_P(Swarm, TwoSitesSeeds, testing::Range<std::uint64_t>(1, 31));

}  // namespace
}  // namespace hawser
