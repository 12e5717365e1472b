// SPDX-License-Identifier: Apache-2.0
#include "tunnel/child_sa_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "tests/support/tunnel_fixture.h"
#include "tests/tunnel/plane_pair.h"

namespace hawser {
namespace {

constexpr PeerId kPeer{7};

TrafficSelector everything() {
  return {*IpAddress::parse("0.0.0.0"), *IpAddress::parse("255.255.255.255")};
}

// The pair of SAs with this number, seen from the left.
ChildInstalled child(std::uint64_t id, unsigned count = 1, unsigned workers = 1, bool left = true,
                     PeerId peer = kPeer) {
  ChildInstalled result{.peer = peer,
                        .child = ChildId(id),
                        .sas = {},
                        .esn = true,
                        .local = {everything()},
                        .remote = {everything()}};
  for (unsigned k = 0; k < count; ++k) {
    SaPair pair = test_sa_pair(static_cast<std::uint16_t>(8 * id + k), workers, 1);
    ManualSa& sa = left ? pair.left : pair.right;
    result.sas.push_back({sa.spi_in, sa.spi_out, std::move(sa.key_in), std::move(sa.key_out)});
  }
  return result;
}

// "0:in 1:out(2)": which worker, and how many SAs a replacement brings.
std::string take(WorkerCommands& commands) {
  std::string text;
  for (const auto& [worker, command] : commands) {
    if (!text.empty()) text += ' ';
    text += std::to_string(worker.value()) + ":";
    if (std::holds_alternative<InstallInboundSa>(command)) text += "in";
    if (std::holds_alternative<RemoveInboundSa>(command)) text += "gone";
    if (const auto* replace = std::get_if<ReplaceOutboundSas>(&command)) {
      text += "out(" + std::to_string(replace->sas.size()) + ")";
    }
  }
  commands.clear();
  return text;
}

TEST(ChildSaTable, GoesThroughTheLifeOfAChild) {
  WorkerCommands commands;
  ChildSaTable table(1, commands);
  table.install(child(1), {});
  EXPECT_EQ(take(commands), "0:in");
  EXPECT_FALSE(table.sends(kPeer));
  EXPECT_TRUE(table.send_on(kPeer, ChildId(1)));
  EXPECT_EQ(take(commands), "0:out(1)");
  table.install(child(2), {});
  EXPECT_TRUE(table.send_on(kPeer, ChildId(2)));
  EXPECT_EQ(take(commands), "0:in 0:out(1)") << "the old one is replaced at once";
  table.stop_sending(kPeer, ChildId(1));
  EXPECT_EQ(take(commands), "") << "the new one sends";
  table.remove(kPeer, ChildId(1));
  EXPECT_EQ(take(commands), "0:gone");
  EXPECT_TRUE(table.sends(kPeer));
  table.remove(kPeer, ChildId(2));
  EXPECT_EQ(take(commands), "0:out(0) 0:gone");
  EXPECT_FALSE(table.sends(kPeer));
}

TEST(ChildSaTable, NeverSendsTwiceOnOneChild) {
  WorkerCommands commands;
  ChildSaTable table(1, commands);
  table.install(child(1), {});
  table.install(child(2), {});
  EXPECT_TRUE(table.send_on(kPeer, ChildId(1)));
  take(commands);
  EXPECT_TRUE(table.send_on(kPeer, ChildId(1)));
  EXPECT_EQ(take(commands), "") << "its numbers must not begin anew";
  EXPECT_TRUE(table.send_on(kPeer, ChildId(2)));
  take(commands);
  EXPECT_FALSE(table.send_on(kPeer, ChildId(1)));
  EXPECT_EQ(take(commands), "");
  EXPECT_FALSE(table.send_on(kPeer, ChildId(3))) << "not there";
  EXPECT_FALSE(table.send_on(PeerId(8), ChildId(1))) << "not there";
}

TEST(ChildSaTable, SpreadsASetOverTheWorkers) {
  WorkerCommands commands;
  ChildSaTable table(2, commands);
  ChildInstalled set = child(1, 3, 2);
  set.per_slot = 3;
  table.install(std::move(set), {});
  EXPECT_EQ(take(commands), "0:in 1:in 0:in");
  EXPECT_TRUE(table.send_on(kPeer, ChildId(1)));
  EXPECT_EQ(take(commands), "0:out(2) 1:out(1)");
  table.stop_sending(kPeer, ChildId(1));
  EXPECT_EQ(take(commands), "0:out(0) 1:out(0)");
}

// Three workers at the other end, two here: pair k of each path belongs to the same worker.
TEST(ChildSaTable, SlotsAreForPaths) {
  WorkerCommands commands;
  ChildSaTable table(2, commands);
  ChildInstalled set = child(1, 6, 2);
  set.per_slot = 3;
  set.shim = true;
  table.install(std::move(set), {});
  std::vector<std::pair<unsigned, unsigned>> owners_and_paths;
  for (const auto& [worker, command] : commands) {
    const auto& install = std::get<InstallInboundSa>(command);
    EXPECT_TRUE(install.shim);
    owners_and_paths.emplace_back(worker.value(), install.path.value());
  }
  EXPECT_THAT(owners_and_paths,
              testing::ElementsAre(testing::Pair(0, 0), testing::Pair(1, 0), testing::Pair(0, 0),
                                   testing::Pair(0, 1), testing::Pair(1, 1), testing::Pair(0, 1)));
  commands.clear();
  EXPECT_TRUE(table.send_on(kPeer, ChildId(1)));
  const auto& replace = std::get<ReplaceOutboundSas>(commands.back().command);
  ASSERT_EQ(replace.sas.size(), 2u);
  EXPECT_EQ(replace.sas[1].path, PathId(1));
  EXPECT_TRUE(replace.sas[1].shim);
}

TEST(ChildSaTable, APeerThatIsGoneLeavesNothing) {
  WorkerCommands commands;
  ChildSaTable table(1, commands);
  table.install(child(1), {});
  table.install(child(2), {});
  table.install(child(3, 1, 1, true, PeerId(8)), {});
  table.send_on(kPeer, ChildId(2));
  take(commands);
  EXPECT_EQ(table.remove_peer(kPeer).size(), 2u);
  EXPECT_EQ(take(commands), "0:gone 0:out(0) 0:gone");
  EXPECT_TRUE(table.remove_peer(kPeer).empty());
  EXPECT_EQ(table.remove_peer(PeerId(8)).size(), 1u);
}

TEST(ChildSaTable, FindsAChildByAnyOfItsSpis) {
  WorkerCommands commands;
  ChildSaTable table(2, commands);
  ChildInstalled set = child(1, 2, 2);
  const Spi first = set.sas[0].spi_in;
  const Spi in = set.sas[1].spi_in;
  const Spi out = set.sas[1].spi_out;
  table.install(std::move(set), {});
  EXPECT_EQ(table.find_inbound(kPeer, in, SaDirection::kInbound), first);
  EXPECT_EQ(table.find_inbound(kPeer, out, SaDirection::kOutbound), first);
  EXPECT_EQ(table.find_inbound(PeerId(8), in, SaDirection::kInbound), std::nullopt);
  EXPECT_EQ(table.find_inbound(kPeer, Spi(1), SaDirection::kInbound), std::nullopt);
}

TEST(ChildLimits, LeaveTimeBetweenWantingNewKeysAndTheEnd) {
  const ChildLimits limits{.rekey_packets = 1000, .rekey_bytes = 1 << 20, .rekey_time = Seconds(8)};
  const SaLifetime lifetime = limits.lifetime(true);
  EXPECT_EQ(lifetime.soft_packets, 1000u);
  EXPECT_GE(lifetime.packets, 4000u);
  EXPECT_EQ(lifetime.soft_bytes, 1u << 20);
  EXPECT_GE(lifetime.bytes, 4u << 20);
  EXPECT_GT(lifetime.time, Seconds(300)) << "a rekey that hangs survives five minutes of silence";
  EXPECT_EQ(ChildLimits{}.lifetime(true), SaLifetime());
}

// RFC 4303 section 3.3.3.
TEST(ChildLimits, WithoutEsnTheNumbersAreALimit) {
  EXPECT_EQ(ChildLimits{}.lifetime(false).packets, 0xffffffffu);
  EXPECT_EQ(ChildLimits{}.lifetime(false).soft_packets, 0u) << "nine tenths";
  const ChildLimits beyond{.rekey_packets = std::uint64_t{1} << 40};
  EXPECT_EQ(beyond.lifetime(false).packets, 0xffffffffu);
  EXPECT_EQ(beyond.lifetime(false).soft_packets, 0u) << "nine tenths come first";
  EXPECT_EQ(beyond.lifetime(true).soft_packets, std::uint64_t{1} << 40);
}

// Every packet of a flow that is being sent while keys are replaced arrives, once and in order.
TEST(ChildSaTable, AReplacementLosesNothingAndKeepsTheOrder) {
  WorkerCommands lefts;
  WorkerCommands rights;
  ChildSaTable left(1, lefts);
  ChildSaTable right(1, rights);
  PlanePair planes;
  const auto apply = [&] {
    for (auto& [worker, command] : lefts) planes.left.handle_command(std::move(command), {});
    for (auto& [worker, command] : rights) planes.right.handle_command(std::move(command), {});
    lefts.clear();
    rights.clear();
  };
  std::vector<Bytes> wire;
  std::vector<Bytes> sent;
  std::vector<Bytes> delivered;
  const auto arrive = [&] {
    for (Bytes& packet : planes.open(std::exchange(wire, {}))) {
      delivered.push_back(std::move(packet));
    }
  };
  for (std::uint64_t id = 1; id <= 20; ++id) {
    right.install(child(id, 1, 1, false, PeerId(1)), {});
    left.install(child(id, 1, 1, true, PeerId(1)), {});
    apply();
    ASSERT_TRUE(left.send_on(PeerId(1), ChildId(id)));
    apply();
    for (std::uint32_t i = 0; i < 5; ++i) {
      // Each of another flow, so that nothing is merged on the way.
      const auto port = static_cast<std::uint16_t>(2000 + 10 * id + i);
      sent.push_back(make_udp({.destination_port = port}, pattern(50)));
      for (Bytes& datagram : planes.seal(sent.back())) wire.push_back(std::move(datagram));
    }
    if (id % 3 == 0) {
      arrive();  // packets under three keys at once
      right.remove(PeerId(1), ChildId(id - 1));
      left.remove(PeerId(1), ChildId(id - 1));
      apply();
    }
  }
  arrive();
  EXPECT_TRUE(delivered == sent);
  EXPECT_EQ(planes.left.snapshot().drops.value(DropReason::kNoOutboundSa), 0u);
  // What the SAs carried that are gone still counts.
  std::uint64_t carried = planes.left.snapshot().peers[0].retired_out.packets;
  for (const OutboundSaSnapshot& sa : planes.left.snapshot().outbound) {
    carried += sa.traffic.packets;
  }
  EXPECT_EQ(carried, sent.size());
}

}  // namespace
}  // namespace hawser
