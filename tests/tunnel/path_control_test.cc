// SPDX-License-Identifier: Apache-2.0
#include "tunnel/path_control.h"

#include <gtest/gtest.h>

#include <variant>
#include <vector>

#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

constexpr PeerId kPeer{1};
constexpr unsigned kWorkers = 3;

class PathControlTest : public testing::Test {
 protected:
  void SetUp() override {
    control_.configure({});
    control_.begin({.peer = kPeer,
                    .name = "far",
                    .first = at("198.51.100.7:4500"),
                    .remotes = {},
                    .slots = 4,
                    .full_frame = 1400});
    control_.handle({kPeer, 0, state(at("198.51.100.7:4500"))});
    moves();
  }
  static AddressPair at(const char* remote) {
    return {transport("203.0.113.1:4500"), transport(remote)};
  }
  static BondNews state(const AddressPair& addresses) {
    return {.path = PathId(0),
            .state = PathState::kActive,
            .addresses = addresses,
            .reason = "it answers",
            .is_new_state = true};
  }
  static BondNews moved(const AddressPair& addresses) {
    return {.path = PathId(0),
            .state = PathState::kActive,
            .addresses = addresses,
            .reason = "it answers"};
  }
  // Where which worker was told to go.
  std::vector<AddressPair> moves() {
    std::vector<AddressPair> moves;
    while (const auto command = control_.poll_command()) {
      if (const auto* move = std::get_if<MovePath>(&command->command)) {
        moves.push_back(move->addresses);
      }
    }
    return moves;
  }
  PathControl control_{kWorkers};
};

TEST_F(PathControlTest, AWayFromAPeerIsALinkThatReachesItAndIsNotSwitchedOff) {
  const IpAddress peer = *IpAddress::parse("198.51.100.7");
  const auto link = [](unsigned index, const char* name, const char* address) {
    return LocalLink{.index = index,
                     .name = name,
                     .up = true,
                     .mtu = 1500,
                     .addresses = {*IpAddress::parse(address)},
                     .unreachable = {}};
  };
  LocalLink down = link(2, "down", "203.0.113.2");
  down.up = false;
  LocalLink inside = link(3, "inside", "10.0.0.1");
  inside.unreachable = {peer};
  control_.configure({.paths = {PathConfig{
                          .name = "off", .interface = "off", .enabled = false, .preference = {}}}});
  control_.handle_links({link(1, "first", "203.0.113.1"), down, inside,
                         link(4, "off", "203.0.113.4"), link(5, "second", "203.0.113.5")});
  EXPECT_EQ(control_.ways_from(peer, *IpAddress::parse("203.0.113.1")),
            std::vector{*IpAddress::parse("203.0.113.5")});
}

TEST_F(PathControlTest, WhatOnePairFoundOutAllAreTold) {
  control_.handle({kPeer, 2, moved(at("198.51.100.8:1000"))});
  EXPECT_EQ(moves(), std::vector(kWorkers, at("198.51.100.8:1000")));
  // The others say that they are there, too.
  control_.handle({kPeer, 1, moved(at("198.51.100.8:1000"))});
  EXPECT_TRUE(moves().empty());
  const auto ike = control_.poll_ike_path();
  ASSERT_TRUE(ike);
  EXPECT_EQ(ike->addresses, at("198.51.100.8:1000"));
}

// It was under way while another pair found out.
TEST_F(PathControlTest, NewsOfAStateDoNotMoveAPathBack) {
  control_.handle({kPeer, 2, moved(at("198.51.100.8:1000"))});
  moves();
  control_.handle({kPeer, 0, state(at("198.51.100.7:4500"))});
  EXPECT_TRUE(moves().empty());
  control_.handle({kPeer, 1, moved(at("198.51.100.8:1000"))});
  EXPECT_TRUE(moves().empty()) << "it is there already";
}

TEST_F(PathControlTest, OnlyTheFirstPairSaysWhatWorks) {
  while (control_.poll_event()) {
  }
  BondNews failed = state(at("198.51.100.7:4500"));
  failed.state = PathState::kFailed;
  control_.handle({kPeer, 1, failed});
  EXPECT_FALSE(control_.poll_event());
  control_.handle({kPeer, 0, failed});
  EXPECT_TRUE(control_.poll_event());
}

}  // namespace
}  // namespace hawser
