// SPDX-License-Identifier: Apache-2.0
#include "tunnel/endpoint.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

PeerConfig peer(std::string name, std::uint16_t index, unsigned workers = 1) {
  PeerConfig config{.name = std::move(name),
                    .endpoint = transport("192.0.2.1:4500"),
                    .allowed_ips = prefixes({"10.1.0.0/16"})};
  config.sas.push_back(test_sa_pair(index, workers, 1).left);
  return config;
}

template <typename... Peers>
EndpointConfig config(Peers... peers) {
  EndpointConfig result;
  (result.peers.push_back(std::move(peers)), ...);
  return result;
}

std::map<std::string, int> count_commands(Endpoint& endpoint) {
  std::map<std::string, int> counts;
  constexpr const char* kNames[] = {"install-peer", "move-peer", "remove-peer", "install-in",
                                    "install-out",  "remove-in", "remove-out"};
  while (const auto command = endpoint.poll_command()) ++counts[kNames[command->command.index()]];
  return counts;
}

using Counts = std::map<std::string, int>;

TEST(Endpoint, AnAddressThatIsFoundLaterGoesToAllWorkers) {
  Endpoint endpoint({.workers = 2});
  PeerConfig named = peer("a", 0, 2);
  named.endpoint.reset();
  ASSERT_TRUE(endpoint.configure(config(std::move(named))));
  count_commands(endpoint);
  while (endpoint.poll_event()) continue;
  endpoint.set_peer_endpoint("a", transport("198.51.100.2:4500"));
  int installed = 0;
  while (const auto command = endpoint.poll_command()) {
    const auto* install = std::get_if<InstallPeer>(&command->command);
    ASSERT_NE(install, nullptr);
    EXPECT_EQ(install->path->remote.to_string(), "198.51.100.2:4500");
    EXPECT_FALSE(install->roaming);
    ++installed;
  }
  EXPECT_EQ(installed, 2);
  const auto event = endpoint.poll_event();
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::holds_alternative<PeerMoved>(*event));
  endpoint.set_peer_endpoint("a", transport("198.51.100.2:4500"));
  endpoint.set_peer_endpoint("nobody", transport("198.51.100.3:4500"));
  EXPECT_FALSE(endpoint.poll_command()) << "nothing changed";
}

TEST(Endpoint, InstallsPeersOnAllWorkersAndSasOnTheirOwner) {
  Endpoint endpoint({.workers = 3});
  PeerConfig one = peer("a", 0, 3);
  one.sas.push_back(test_sa_pair(1, 3, 1).left);
  ASSERT_TRUE(endpoint.configure(config(std::move(one))));
  std::map<unsigned, int> inbound;
  int peers = 0;
  while (const auto command = endpoint.poll_command()) {
    if (std::get_if<InstallPeer>(&command->command) != nullptr) ++peers;
    if (const auto* sa = std::get_if<InstallInboundSa>(&command->command)) {
      ++inbound[command->worker.value()];
      EXPECT_EQ(spi_owner_octet(sa->spi), command->worker.value() + 1);
    }
  }
  EXPECT_EQ(peers, 3);
  EXPECT_EQ(inbound, (std::map<unsigned, int>{{0, 1}, {1, 1}}));
}

TEST(Endpoint, TheSameConfigurationAgainDoesNothing) {
  Endpoint endpoint({});
  ASSERT_TRUE(endpoint.configure(config(peer("a", 0), peer("b", 1))));
  count_commands(endpoint);
  while (endpoint.poll_event()) {
  }
  ASSERT_TRUE(endpoint.configure(config(peer("b", 1), peer("a", 0))));
  EXPECT_EQ(count_commands(endpoint), Counts{});
  EXPECT_EQ(endpoint.poll_event(), std::nullopt);
}

TEST(Endpoint, OnlyWhatChangedIsTouched) {
  Endpoint endpoint({});
  ASSERT_TRUE(endpoint.configure(config(peer("a", 0), peer("b", 1))));
  count_commands(endpoint);
  PeerConfig moved = peer("a", 0);
  moved.allowed_ips = prefixes({"10.7.0.0/16"});
  ASSERT_TRUE(endpoint.configure(config(std::move(moved), peer("c", 2))));
  EXPECT_EQ(
      count_commands(endpoint),
      (Counts{{"install-peer", 2}, {"remove-peer", 1}, {"install-in", 1}, {"install-out", 1}}));
}

TEST(Endpoint, NewKeysReplaceTheOldSa) {
  Endpoint endpoint({});
  ASSERT_TRUE(endpoint.configure(config(peer("a", 0))));
  count_commands(endpoint);
  PeerConfig rekeyed = peer("a", 0);
  rekeyed.sas[0] = test_sa_pair(0, 1, 1, AeadAlgorithm::kAes256Gcm, true, 77).left;
  ASSERT_TRUE(endpoint.configure(config(std::move(rekeyed))));
  const Counts counts = count_commands(endpoint);
  EXPECT_EQ(counts.at("remove-in"), 1);
  EXPECT_EQ(counts.at("install-out"), 1);
}

// Starting again at number 1 under the same key would repeat nonces.
TEST(Endpoint, AKeyInUseIsNotGivenToAnotherSa) {
  Endpoint endpoint({});
  ASSERT_TRUE(endpoint.configure(config(peer("a", 0))));
  count_commands(endpoint);
  PeerConfig other_settings = peer("a", 0);
  other_settings.sas[0].esn = false;
  EXPECT_FALSE(endpoint.configure(config(std::move(other_settings))));
  EXPECT_FALSE(endpoint.configure(config(peer("b", 0))));
  EXPECT_EQ(count_commands(endpoint), Counts{}) << "an error changes nothing";
  EXPECT_TRUE(endpoint.configure(config(peer("a", 0))));
}

TEST(Endpoint, RefusesWhatCannotWork) {
  Endpoint endpoint({});
  PeerConfig same_keys = peer("a", 0);
  same_keys.sas[0].key_in = same_keys.sas[0].key_out.clone();
  EXPECT_FALSE(endpoint.configure(config(std::move(same_keys))));

  PeerConfig wrong_owner = peer("a", 0);
  wrong_owner.sas[0].spi_in = Spi(0x02000001);
  EXPECT_FALSE(endpoint.configure(config(std::move(wrong_owner))));

  PeerConfig short_key = peer("a", 0);
  short_key.sas[0].key_in.key_and_salt = Secret(20);
  EXPECT_FALSE(endpoint.configure(config(std::move(short_key))));

  PeerConfig same_slot = peer("b", 1);
  same_slot.sas[0].spi_in = peer("a", 0).sas[0].spi_in;
  const auto refused = endpoint.configure(config(peer("a", 0), std::move(same_slot)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().peer, "b");
  EXPECT_EQ(count_commands(endpoint), Counts{});
}

TEST(Endpoint, NamesPeersInEvents) {
  Endpoint endpoint({});
  ASSERT_TRUE(endpoint.configure(config(peer("a", 0))));
  const auto event = endpoint.poll_event();
  ASSERT_TRUE(event);
  const auto* added = std::get_if<PeerAdded>(&*event);
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(added->name, "a");
  EXPECT_EQ(endpoint.peer_name(added->peer), "a");
  EXPECT_EQ(endpoint.peer_name(PeerId(999)), "");
}

}  // namespace
}  // namespace hawser
