// SPDX-License-Identifier: Apache-2.0
#include "cli/config_loader.h"

#include <gmock/gmock.h>

#include "tests/cli/test_support.h"
#include "tests/cli/wrong_configs.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

class ConfigLoader : public ::testing::Test {
 protected:
  ConfigLoader() { write_key_files(dir_); }

  Config load(const std::string& text, std::string_view name = "site.conf") {
    auto config = load_config(dir_.write(name, text));
    EXPECT_TRUE(config.has_value()) << config.error().front().to_string();
    return config ? std::move(*config) : Config{};
  }

  TempDir dir_;
};

TEST_F(ConfigLoader, DefaultsAreThoseOfTheKeyTable) {
  const Config config = load(config_with(2, ""));
  EXPECT_EQ(config.interface.name, "site");
  EXPECT_EQ(config.interface.mtu, 1438);
  EXPECT_EQ(config.interface.listen_port, 4500);
  EXPECT_EQ(config.interface.workers, 1u);
  EXPECT_EQ(config.interface.io, "auto");
  EXPECT_EQ(config.interface.offload.tun, TunOffloads{});
  EXPECT_EQ(config.interface.offload.udp, UdpOffloads{});
  EXPECT_TRUE(config.interface.routes);
  EXPECT_TRUE(config.interface.mss_clamp);
  ASSERT_EQ(config.endpoint.peers.size(), 1u);
  const PeerConfig& peer = config.endpoint.peers[0];
  EXPECT_EQ(peer.name, "lab");
  EXPECT_EQ(peer.keepalive, Milliseconds(0));
  EXPECT_EQ(peer.effective_mtu, 1438);
  ASSERT_EQ(peer.sas.size(), 1u);
  EXPECT_EQ(peer.sas[0].key_in.algorithm, AeadAlgorithm::kAes256Gcm);
  EXPECT_TRUE(peer.sas[0].esn);
  EXPECT_FALSE(peer.sas[0].replay_window) << "it sizes itself";
}

TEST_F(ConfigLoader, ReadsEveryKey) {
  dir_.write("aes128.keys", "in = " + std::string(40, '1') + "\nout = " + std::string(40, '2'));
  const Config config = load(
      "[interface]\nname = hw7\naddress = 10.8.0.1/24, fd00::1/64\nmtu = 1300\nlisten-port = 4501\n"
      "workers = 1\nio = epoll\noffload = tun-tso, udp-gso\ntable = off\nmss-clamp = no\n"
      "[peer.x]\nendpoint = [2001:db8::1]:4502\nallowed-ips = 0.0.0.0/0, ::/0\nkeepalive = 20\n"
      "[sa.x]\nspi-in = 0x01000203\nspi-out = 0xdeadbeef\nkey-file = aes128.keys\n"
      "cipher = aes-128-gcm\nesn = no\nreplay-window = 64\n");
  const InterfaceConfig& interface = config.interface;
  EXPECT_EQ(interface.name, "hw7");
  ASSERT_EQ(interface.addresses.size(), 2u);
  EXPECT_EQ(interface.addresses[1].to_string(), "fd00::1/64");
  EXPECT_EQ(interface.mtu, 1300);
  EXPECT_EQ(interface.listen_port, 4501);
  EXPECT_EQ(interface.io, "epoll");
  EXPECT_EQ(interface.offload.tun, (TunOffloads{.vnet_hdr = true, .tso = true, .uso = false}));
  EXPECT_EQ(interface.offload.udp, (UdpOffloads{.gso = true, .gro = false, .batch = false}));
  EXPECT_FALSE(interface.routes);
  const PeerConfig& peer = config.endpoint.peers.at(0);
  EXPECT_EQ(peer.endpoint->to_string(), "[2001:db8::1]:4502");
  EXPECT_EQ(peer.keepalive, Milliseconds(20000));
  EXPECT_FALSE(peer.clamp_mss);
  const ManualSa& sa = peer.sas.at(0);
  EXPECT_EQ(sa.spi_in, Spi(0x01000203));
  EXPECT_EQ(sa.spi_out, Spi(0xdeadbeef));
  EXPECT_FALSE(sa.esn);
  EXPECT_EQ(sa.replay_window, 64u);
  EXPECT_EQ(sa.key_in.key_and_salt.bytes()[0], 0x11);
  EXPECT_EQ(sa.key_out.key_and_salt.bytes()[0], 0x22);
}

TEST_F(ConfigLoader, OffloadOffIsPlainIo) {
  const Config config = load(config_with(3, "offload = off"));
  EXPECT_EQ(config.interface.offload.tun, IoOptions::plain().tun);
  EXPECT_EQ(config.interface.offload.udp, IoOptions::plain().udp);
}

TEST_F(ConfigLoader, TheDefaultMtuFitsTheSmallestPeer) {
  EXPECT_EQ(load(config_with(5, "endpoint = [2001:db8::1]:4500")).interface.mtu, 1418);
  EXPECT_EQ(load(config_with(5, "")).interface.mtu, 1418) << "unknown: may be IPv6";
}

TEST_F(ConfigLoader, PathsAndClasses) {
  const Config config = load(
      config_with(10,
                  "key-file = lab.keys\n"
                  "[path.lte]\ninterface = wwan0\ngateway = 10.64.0.1, fe80::1\nmetered = yes\n"
                  "cost = 20\nlimit = 20M\n"
                  "[path.fibre]\ninterface = eth0\npriority = 10\nenabled = no\n"
                  "[class.interactive]\nmatch = tcp:22, icmp\n"
                  "[class.bulk]\npolicy = balance\n"));
  const MultipathConfig& multipath = config.endpoint.multipath;
  EXPECT_TRUE(multipath.is_on);
  EXPECT_EQ(multipath.paths_max, 8u);
  ASSERT_EQ(multipath.paths.size(), 2u);
  EXPECT_EQ(
      multipath.paths[0],
      (PathConfig{.name = "lte",
                  .interface = "wwan0",
                  .enabled = true,
                  .preference = {.metered = true, .cost = 20, .limit_bps = 20'000'000},
                  .gateways = {*IpAddress::parse("10.64.0.1"), *IpAddress::parse("fe80::1")}}));
  EXPECT_EQ(multipath.paths[1].name, "fibre");
  EXPECT_FALSE(multipath.paths[1].enabled);
  EXPECT_EQ(multipath.paths[1].preference.priority, 10);
  ASSERT_EQ(multipath.rules.size(), 2u);
  EXPECT_EQ(multipath.rules[0].traffic_class, TrafficClass::kInteractive);
  EXPECT_EQ(multipath.rules[0].match, *FlowMatch::parse("tcp:22"));
  EXPECT_EQ(multipath.policies[TrafficClass::kBulk], TrafficPolicy::kBalance);
  EXPECT_EQ(multipath.policies[TrafficClass::kRealTime], TrafficPolicy::kDuplicate);
}

TEST_F(ConfigLoader, MultipathCanBeOff) {
  const Config config = load(config_with(2, "name = hw0\nmultipath = no\npaths = 2"));
  EXPECT_FALSE(config.endpoint.multipath.is_on);
  EXPECT_EQ(config.endpoint.multipath.paths_max, 2u);
}

TEST_F(ConfigLoader, HostNamesAreLeftToTheDaemon) {
  const Config config = load(config_with(5, "endpoint = vpn.example.com:4501"));
  EXPECT_FALSE(config.endpoint.peers.at(0).endpoint);
  ASSERT_EQ(config.host_names.size(), 1u);
  EXPECT_EQ(config.host_names.at("lab").to_string(), "vpn.example.com:4501");
  EXPECT_EQ(config.interface.mtu, 1418) << "it may have an IPv6 address";
}

TEST_F(ConfigLoader, ANameThatNobodyKnowsIsRightAsLongAsItIsAName) {
  for (const char* host : {"nowhere.invalid", "a-b.example.", "_udp.x1", "localhost"}) {
    load(config_with(5, "endpoint = " + std::string(host) + ":4500"));
  }
}

TEST_F(ConfigLoader, DefaultRoutesNeedNothingElse) {
  const Config config = load(config_with(6, "allowed-ips = 0.0.0.0/0, ::/0"));
  EXPECT_TRUE(config.interface.routes);
  EXPECT_FALSE(config.interface.table);
  EXPECT_EQ(load(config_with(3, "table = 51820")).interface.table, 51820u);
  EXPECT_TRUE(load(config_with(3, "table = 51820")).interface.routes);
  EXPECT_FALSE(load(config_with(3, "table = off")).interface.table);
}

TEST_F(ConfigLoader, ReadsWhatTheDaemonDoesBesideItsTunnel) {
  const InterfaceConfig plain = load(config_with(0, "")).interface;
  EXPECT_FALSE(plain.nat);
  EXPECT_EQ(plain.post_up + plain.pre_down, "");
  EXPECT_EQ(plain.priority, ProcessPriority{});
  const InterfaceConfig all = load(config_with(3,
                                               "nat = yes\npost-up = echo a; b | c = d\n"
                                               "pre-down = true\nnice = -20\nscheduler = rr"))
                                  .interface;
  EXPECT_TRUE(all.nat);
  EXPECT_EQ(all.post_up, "echo a; b | c = d");
  EXPECT_EQ(all.pre_down, "true");
  EXPECT_EQ(all.priority, (ProcessPriority{-20, "rr"}));
}

TEST_F(ConfigLoader, RemembersWhereThingsStand) {
  const Config config = load(config_with(0, ""));
  EXPECT_EQ(config.line_of("name"), 2u);
  EXPECT_EQ(config.line_of("[peer.lab]"), 4u);
  EXPECT_EQ(config.line_of("listen-port"), 1u);
}

TEST_F(ConfigLoader, AFileNameThatIsNoInterfaceNameNeedsAName) {
  const auto config = load_config(dir_.write("a-name-that-is-too-long.conf", config_with(2, "")));
  ASSERT_FALSE(config.has_value());
  EXPECT_EQ(config.error().front().key, "name");
  EXPECT_THAT(config.error().front().what, HasSubstr("write name = hw0"));
}

TEST_F(ConfigLoader, ReadsAPrivateKey) {
  const ProgramResult key = run_program(dir_, {HAWSER_PROGRAM, "keygen"});
  dir_.write("id.key", key.out);
  load(config_with(3, "private-key-file = id.key"));
}

}  // namespace
}  // namespace hawser
