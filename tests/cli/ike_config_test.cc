// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "cli/config_loader.h"
#include "crypto/identity_key.h"
#include "tests/cli/test_support.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

struct Keys {
  explicit Keys(const TempDir& dir) {
    SeededRandom random(1);
    const IdentityPrivateKey own = IdentityPrivateKey::generate(random);
    own_public = own.public_key().to_string();
    far_public = IdentityPrivateKey::generate(random).public_key().to_string();
    third_public = IdentityPrivateKey::generate(random).public_key().to_string();
    const Secret text = own.to_text();
    dir.write("own.key", {reinterpret_cast<const char*>(text.bytes().data()), text.size()});
    dir.write("good.psk", "0x" + std::string(64, '7') + "\n");
    dir.write("text.psk", " correct horse battery staple\n");
    dir.write("short.psk", "secret\n");
    dir.write("two.psk", "correct horse\nbattery staple\n");
    dir.write("odd.psk", "0x777\n");
    dir.write("open.psk", "correct horse battery staple\n", 0644);
    dir.write("not-a.pem", "hello\n");
  }
  std::string own_public;
  std::string far_public;
  std::string third_public;
};

class IkeConfig : public ::testing::Test {
 protected:
  // [interface] with our key, then `rest`.
  std::string with_key(const std::string& rest) const {
    return "[interface]\nname = hw0\naddress = 10.8.0.1/24\nprivate-key-file = own.key\n" + rest;
  }
  std::string peer(const std::string& name, const std::string& keys,
                   const std::string& network = "10.9.0.0/24") const {
    return "[peer." + name + "]\nallowed-ips = " + network + "\n" + keys + "\n";
  }
  Config load(const std::string& text) {
    auto config = load_config(dir_.write("hw0.conf", text));
    EXPECT_TRUE(config.has_value()) << config.error().front().to_string();
    return config ? std::move(*config) : Config{};
  }
  // The one thing that is wrong.
  ConfigError error_of(const std::string& text) {
    const auto config = load_config(dir_.write("hw0.conf", text));
    if (config || config.error().size() != 1) {
      std::string all;
      if (!config) {
        for (const ConfigError& error : config.error()) all += error.to_string() + "\n";
      }
      ADD_FAILURE() << "not one error but: " << all;
      return {};
    }
    return config.error().front();
  }
  void expect_error(const std::string& text, unsigned line, const std::string& key,
                    const std::string& fragment) {
    const ConfigError error = error_of(text);
    EXPECT_EQ(error.line, line) << error.to_string();
    EXPECT_EQ(error.key, key) << error.to_string();
    EXPECT_THAT(error.what, HasSubstr(fragment));
  }

  TempDir dir_;
  Keys keys_{dir_};
};

TEST_F(IkeConfig, KeysArePeersAreEnough) {
  Config config = load(with_key(peer("far", "public-key = " + keys_.far_public)));
  EXPECT_TRUE(config.endpoint.ike.raw_key);
  EXPECT_TRUE(config.endpoint.ike.quiet) << "only Hawsers with public keys";
  EXPECT_FALSE(config.interface.ike_port);
  ASSERT_TRUE(config.endpoint.peers.at(0).ike);
  const IkePeerConfig& far = config.endpoint.peers[0].ike->config;
  EXPECT_EQ(std::get<RawKeyAuth>(far.auth).key.to_string(), keys_.far_public);
  EXPECT_TRUE(far.identity.same_as(
      IkeIdentity::from_key(IdentityPublicKey::parse(keys_.far_public)->octets)));
  EXPECT_EQ(far.remote.at(0).to_string(), "10.9.0.0/24");
  ASSERT_EQ(far.local.size(), 2u);
  EXPECT_EQ(far.local[0].to_string(), "0.0.0.0/0");
  EXPECT_EQ(far.ike_ciphers.size(), 2u);
  EXPECT_TRUE(far.pfs);
  EXPECT_EQ(far.rekey_time, Seconds(3600));
  EXPECT_EQ(far.ike_rekey_time, Seconds(14400));
  EXPECT_EQ(far.dead_peer_interval, Seconds(30));
}

TEST_F(IkeConfig, ReadsEveryKey) {
  Config config = load(
      "[interface]\nname = hw0\nidentity = gw.lab\npool = 10.99.0.0/24\npool-dns = 10.99.0.1\n"
      "quiet = no\n"
      "[peer.far]\nendpoint = vpn.example.com\ninterop = yes\nidentity = cl@lab.example\n"
      "psk-file = text.psk\nlocal-networks = 10.1.0.0/16\ninitiate = on-demand\n"
      "ike-ciphers = chacha20-poly1305\nesp-ciphers = chacha20-poly1305, aes-256-gcm\n"
      "key-exchange = p-256\npfs = no\nrekey-time = 60\nrekey-bytes = 1000\nrekey-packets = 9\n"
      "replay-window = 64\n"
      "ike-rekey-time = 0\ndpd = 0\nppk-file = good.psk\nppk-id = lab\nppk-required = no\n");
  EXPECT_EQ(config.interface.pool.at(0).to_string(), "10.99.0.0/24");
  EXPECT_TRUE(config.interface.ike_port);
  EXPECT_EQ(config.interface.mtu, 1400);
  EXPECT_EQ(config.endpoint.ike.identity.to_string(), "gw.lab");
  EXPECT_EQ(config.endpoint.ike.pool_dns.at(0).to_string(), "10.99.0.1");
  EXPECT_FALSE(config.endpoint.ike.quiet);
  EXPECT_EQ(config.host_names.at("far").to_string(), "vpn.example.com:4500");
  ASSERT_TRUE(config.endpoint.peers.at(0).ike);
  const IkePeerSettings& far = *config.endpoint.peers[0].ike;
  EXPECT_TRUE(far.on_demand);
  EXPECT_EQ(far.rekey_bytes, 1000u);
  EXPECT_EQ(far.rekey_packets, 9u);
  EXPECT_EQ(far.replay_window, 64u);
  EXPECT_TRUE(far.config.interop);
  EXPECT_FALSE(far.config.initiate);
  EXPECT_TRUE(far.config.give_address);
  EXPECT_EQ(std::get<SharedKeyAuth>(far.config.auth).key.size(), 28u) << "without white space";
  EXPECT_EQ(far.config.remote.at(0).to_string(), "10.99.0.0/24") << "what the pool has";
  EXPECT_EQ(far.config.local.at(0).to_string(), "10.1.0.0/16");
  EXPECT_EQ(far.config.ike_ciphers, std::vector{AeadAlgorithm::kChaCha20Poly1305});
  EXPECT_EQ(far.config.esp_ciphers.at(1), AeadAlgorithm::kAes256Gcm);
  EXPECT_EQ(far.config.groups, std::vector{KeyExchangeGroup::kP256});
  EXPECT_FALSE(far.config.pfs);
  EXPECT_EQ(far.config.rekey_time, Seconds(60));
  EXPECT_EQ(far.config.dead_peer_interval, Seconds(0));
  ASSERT_TRUE(far.config.post_quantum_key);
  EXPECT_EQ(far.config.post_quantum_key->key.size(), 32u) << "hex";
  EXPECT_FALSE(far.config.post_quantum_key->required);
}

TEST_F(IkeConfig, QuietOnlyIfEveryPeerCanBe) {
  const std::string far = peer("far", "public-key = " + keys_.far_public);
  const std::string third = "public-key = " + keys_.third_public;
  EXPECT_FALSE(load(with_key(far + peer("old", third + "\ninterop = yes", "10.7.0.0/24")))
                   .endpoint.ike.quiet);
  EXPECT_FALSE(
      load(with_key(far + peer("old", "psk-file = good.psk\nidentity = old.lab", "10.7.0.0/24")))
          .endpoint.ike.quiet);
  EXPECT_TRUE(load(with_key(far + peer("new", third, "10.7.0.0/24"))).endpoint.ike.quiet);
}

TEST_F(IkeConfig, LongerNetworksMayLieInShorterOnes) {
  const std::string far = peer("far", "public-key = " + keys_.far_public, "10.0.0.0/8");
  const std::string third = "public-key = " + keys_.third_public;
  EXPECT_EQ(load(with_key(far + peer("b", third, "10.9.0.0/16"))).endpoint.peers.size(), 2u);
  expect_error(with_key(far + peer("b", third, "10.0.0.0/8")), 9, "allowed-ips", "[peer.far]");
}

TEST_F(IkeConfig, NamesWhatIsWrongWithThePeersKey) {
  const std::string far = "public-key = " + keys_.far_public;
  expect_error(with_key(peer("a", "keepalive = 20")), 5, "[peer.a]", "has no keys");
  expect_error(with_key(peer("a", "public-key = " + keys_.own_public)), 7, "public-key",
               "is our own");
  expect_error(with_key(peer("a", far + "\npsk-file = good.psk")), 8, "psk-file",
               "second way to know the peer beside `public-key`");
  expect_error("[interface]\nname = hw0\n" + peer("a", far), 5, "public-key",
               "private-key-file in [interface]");
  expect_error(with_key(peer("a", "public-key-file = not-a.pem")), 7, "public-key-file",
               "no Ed25519 public key");
  expect_error(with_key(peer("a", "public-key-file = no.pem")), 7, "public-key-file",
               "No such file");
  expect_error(with_key(peer("a", far) + peer("b", far, "10.7.0.0/24")), 8, "[peer.b]",
               "identity of [peer.a]");
  expect_error(with_key(peer("a", far + "\ncrl-file = x.crl")), 8, "crl-file", "ca-file only");
  expect_error(with_key(peer("a", "ca-file = not-a.pem")), 7, "ca-file", "not-a.pem");
}

TEST_F(IkeConfig, NamesWhatIsWrongWithASharedKey) {
  const auto with_psk = [&](const std::string& file) {
    return with_key(peer("a", "psk-file = " + file + "\nidentity = a.lab"));
  };
  expect_error(with_psk("short.psk"), 7, "psk-file", "hawser genpsk");
  expect_error(with_psk("two.psk"), 7, "psk-file", "more than one line");
  expect_error(with_psk("odd.psk"), 7, "psk-file", "odd number");
  expect_error(with_psk("open.psk"), 7, "psk-file", "chmod 0600");
  expect_error(with_psk("no.psk"), 7, "psk-file", "No such file");
  expect_error(with_key(peer("a", "psk-file = good.psk")), 5, "identity", "is missing in [peer.a]");
  expect_error("[interface]\nname = hw0\n" + peer("a", "psk-file = good.psk\nidentity = a.lab"), 3,
               "[peer.a]", "identity in [interface]");
  expect_error("[interface]\nname = hw0\nidentity = a.lab\n" +
                   peer("a", "psk-file = good.psk\nidentity = A.lab"),
               7, "identity", "who we are ourselves");
}

TEST_F(IkeConfig, NamesWhatElseIsWrong) {
  const std::string far = "public-key = " + keys_.far_public;
  expect_error(with_key(peer("a", far + "\nppk-id = lab")), 8, "ppk-id", "ppk-file only");
  expect_error(with_key(peer("a", far + "\nppk-file = good.psk")), 8, "ppk-file", "write ppk-id");
  expect_error(with_key(peer("a", far + "\nike-ciphers = aes-256-gcm, aes-256-gcm")), 8,
               "ike-ciphers", "is repeated");
  expect_error(with_key(peer("a", far + "\nike-ciphers = aes-256-cbc")), 8, "ike-ciphers",
               "chacha20-poly1305");
  expect_error(with_key(peer("a", far + "\nidentity = a b")), 8, "identity", "is no identity");
  expect_error(with_key(peer("a", far + "\ninitiate = maybe")), 8, "initiate", "on-demand");
  expect_error(with_key("pool-dns = 10.0.0.1\n" + peer("a", far)), 5, "pool-dns", "write pool");
  expect_error(with_key("pool = 10.9.0.1/24\n" + peer("a", far)), 5, "pool", "bits set behind");
  expect_error(with_key("listen-port = 500\n" + peer("a", far)), 5, "listen-port", "IKE alone");
  expect_error(with_key("quiet = maybe\n" + peer("a", far)), 5, "quiet", "auto, yes or no");
  expect_error("[interface]\nname = hw0\nidentity = gw.lab\nquiet = yes\n" +
                   peer("a", "psk-file = good.psk\nidentity = a.lab"),
               4, "quiet", "private-key-file");
}

TEST_F(IkeConfig, PeersHaveFilesOfTheirOwn) {
  std::filesystem::create_directory(dir_.file("peers.d"));
  dir_.write("peers.d/b.conf", peer("b", "public-key = " + keys_.far_public));
  dir_.write("peers.d/c.conf", peer("c", "public-key = " + keys_.third_public, "10.7.0.0/24"));
  dir_.write("peers.d/d.conf.old", "nonsense");
  const Config config = load(with_key(""));
  ASSERT_EQ(config.endpoint.peers.size(), 2u);
  EXPECT_EQ(config.endpoint.peers[0].name, "b");
  EXPECT_EQ(config.endpoint.peers[1].name, "c");
  EXPECT_EQ(load(with_key("peers-dir = none.d\n" + peer("a", "public-key = " + keys_.far_public)))
                .endpoint.peers.size(),
            1u)
      << "another directory";
}

TEST_F(IkeConfig, MistakesInThemAreNamedWithTheirFile) {
  std::filesystem::create_directory(dir_.file("peers.d"));
  const std::string good = with_key(peer("a", "public-key = " + keys_.far_public));
  const auto expect_in_file = [&](const std::string& text, unsigned line, const std::string& key,
                                  const std::string& fragment) {
    const std::string file = dir_.write("peers.d/b.conf", text);
    const ConfigError error = error_of(good);
    EXPECT_EQ(error.file, file);
    EXPECT_EQ(error.line, line) << error.to_string();
    EXPECT_EQ(error.key, key);
    EXPECT_THAT(error.what, HasSubstr(fragment));
  };
  const std::string keys = "public-key = " + keys_.third_public;
  expect_in_file("[peer.b]\nalowed-ips = 10.0.0.0/8\n" + keys, 2, "alowed-ips", "`allowed-ips`");
  expect_in_file("[peer.b]\n" + keys, 1, "allowed-ips", "is missing");
  expect_in_file(peer("a", keys, "10.7.0.0/24"), 1, "[peer.a]", "another file");
  expect_in_file(peer("b", keys, "10.7.0.0/24") + peer("c", keys, "10.6.0.0/24"), 4, "[peer.c]",
                 "one file for each");
  expect_in_file(peer("b", keys, "10.7.0.0/24") + "[interface]\nmtu = 1400\n", 4, "[interface]",
                 "main config");
  expect_in_file("", 1, "[peer.NAME]", "is missing");
  expect_in_file(peer("b", "psk-file = short.psk\nidentity = b.lab", "10.7.0.0/24"), 3, "psk-file",
                 "No such file");
  expect_in_file(peer("b", keys), 2, "allowed-ips", "[peer.a]");
}

}  // namespace
}  // namespace hawser
