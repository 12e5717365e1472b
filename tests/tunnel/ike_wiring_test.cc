// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "multipath/shim.h"
#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"
#include "tests/support/tunnel_fixture.h"
#include "tunnel/data_plane.h"
#include "tunnel/endpoint.h"

namespace hawser {
namespace {

// An endpoint with its worker; what they want to send waits in `wire`.
struct End {
  End(std::uint64_t seed, std::string_view where)
      : random(seed),
        key(IdentityPrivateKey::generate(random)),
        address(transport(where)),
        endpoint({.workers = 1, .ike = IkeOptions{.random = &random}}) {}

  void pump(TimePoint now) {
    for (bool moved = true; moved;) {
      moved = false;
      while (const auto event = plane.poll_event()) {
        endpoint.handle_data_plane_event(*event, now);
        moved = true;
      }
      while (auto packet = plane.poll_control()) {
        endpoint.handle_control(*packet, now);
        moved = true;
      }
      while (auto command = endpoint.poll_command()) {
        if (const auto* bond = std::get_if<BeginBond>(&command->command)) {
          full_frame = bond->full_frame;
        } else if (const auto* install = std::get_if<InstallPeer>(&command->command)) {
          clamp_mtu = install->effective_mtu;
        } else if (const auto* set = std::get_if<SetPath>(&command->command)) {
          std::erase_if(paths, [&](const auto& path) { return path.path == set->path.path; });
          paths.push_back(set->path);
        } else if (const auto* remove = std::get_if<RemovePath>(&command->command)) {
          std::erase_if(paths, [&](const auto& path) { return path.path == remove->path; });
        }
        plane.handle_command(std::move(command->command), now);
        moved = true;
      }
    }
    while (auto message = endpoint.poll_transmit()) wire.push_back(std::move(message->bytes));
    for (Bytes& datagram : drain_datagrams(plane)) wire.push_back(std::move(datagram));
    for (Bytes& packet : drain_inner(plane)) delivered.push_back(std::move(packet));
    while (auto event = endpoint.poll_event()) events.push_back(std::move(*event));
  }
  void receive(Bytes datagram, const TransportAddress& from, TimePoint now) {
    OuterPacket packet{{address, from}, datagram, Ecn::kNotEct};
    plane.handle_outer_packets({&packet, 1}, now);
    pump(now);
  }
  template <typename T>
  std::size_t count() const {
    std::size_t count = 0;
    for (const Event& event : events) count += std::holds_alternative<T>(event);
    return count;
  }
  std::uint64_t drops(DropReason reason) const { return plane.snapshot().drops.value(reason); }

  SeededRandom random;
  IdentityPrivateKey key;
  TransportAddress address;
  Endpoint endpoint;
  DataPlane plane{DataPlane::Options{.random = &random}};
  std::vector<Bytes> wire;
  std::vector<Bytes> delivered;
  std::vector<Event> events;
  std::vector<PlannedPath> paths;  // as they are to be
  std::size_t full_frame = 0;
  std::size_t clamp_mtu = 0;
};

// left (10.1.0.0/16) knows where right (10.2.0.0/16) is.
class IkeWiringTest : public ::testing::Test {
 protected:
  IkePeerSettings settings(const End& far, std::string_view local, std::string_view remote) {
    IkePeerSettings result;
    result.config.auth = RawKeyAuth{far.key.public_key()};
    result.config.identity = IkeIdentity::from_key(far.key.public_key().octets);
    result.config.ike_ciphers = result.config.esp_ciphers = {AeadAlgorithm::kAes256Gcm};
    result.config.groups = {KeyExchangeGroup::kX25519};
    result.config.local = {TrafficSelector::from_prefix(*IpPrefix::parse(local))};
    result.config.remote = {TrafficSelector::from_prefix(*IpPrefix::parse(remote))};
    return result;
  }
  EndpointConfig config(const End& own, const End& far, bool knows, IkePeerSettings ike) {
    EndpointConfig result;
    result.ike.identity = IkeIdentity::from_key(own.key.public_key().octets);
    const Secret text = own.key.to_text();
    result.ike.raw_key = IdentityPrivateKey::parse(
        {reinterpret_cast<const char*>(text.bytes().data()), text.size()});
    PeerConfig peer{.name = "far"};
    if (knows) peer.endpoint = far.address;
    peer.allowed_ips = prefixes({knows ? "10.2.0.0/16" : "10.1.0.0/16"});
    peer.ike = std::move(ike);
    peer.effective_mtu = 1400;
    peer.clamp_mss = clamp_mss_;
    result.peers.push_back(std::move(peer));
    return result;
  }
  void start() {
    ASSERT_TRUE(right_.endpoint.configure(
        config(right_, left_, false, settings(left_, "10.2.0.0/16", "10.1.0.0/16")), now_));
    IkePeerSettings to_right = settings(right_, "10.1.0.0/16", "10.2.0.0/16");
    to_right.on_demand = on_demand_;
    to_right.config.initiate = !on_demand_;
    to_right.rekey_packets = rekey_packets_;
    ASSERT_TRUE(left_.endpoint.configure(config(left_, right_, true, std::move(to_right)), now_));
    run(Seconds(1));
  }
  // Time passes in steps of 10 ms, and nothing is lost.
  void run(Duration duration) {
    for (const TimePoint end = now_ + duration; now_ < end; now_ += Milliseconds(10)) {
      for (End* one : {&left_, &right_}) {
        const auto due = one->endpoint.next_timeout();
        if (due && *due <= now_) one->endpoint.handle_timeout(now_);
        one->pump(now_);
      }
      for (bool moved = true; moved;) {
        moved = carry(left_, right_);
        moved = carry(right_, left_) || moved;
      }
    }
  }
  bool carry(End& from, End& to) {
    const std::vector<Bytes> wire = std::exchange(from.wire, {});
    for (const Bytes& datagram : wire) to.receive(datagram, from.address, now_);
    return !wire.empty();
  }
  void send(End& from, std::string_view source, std::string_view destination) {
    Bytes packet = make_udp({.source = source, .destination = destination}, pattern(50));
    InnerPacket inner{packet, {}};
    from.plane.handle_inner_packets({&inner, 1}, now_);
    from.pump(now_);
    carry(from, from.address == left_.address ? right_ : left_);
  }
  bool flows() {
    const std::size_t before = left_.delivered.size() + right_.delivered.size();
    send(left_, "10.1.0.1", "10.2.0.1");
    send(right_, "10.2.0.1", "10.1.0.1");
    return left_.delivered.size() + right_.delivered.size() == before + 2;
  }

  TimePoint now_{Seconds(1000)};
  bool on_demand_ = false;
  bool clamp_mss_ = true;
  std::uint64_t rekey_packets_ = 0;
  End left_{1, "192.0.2.1:4500"};
  End right_{2, "192.0.2.2:4500"};
};

// Where the paths go that the worker is told of.
std::set<std::string> remotes_of(const End& end) {
  std::set<std::string> remotes;
  for (const PlannedPath& path : end.paths) remotes.insert(path.addresses.remote.to_string());
  return remotes;
}

LocalLink link_with(unsigned index, const char* address) {
  return {.index = index,
          .name = "eth" + std::to_string(index),
          .up = true,
          .mtu = 1500,
          .addresses = {*IpAddress::parse(address)},
          .unreachable = {}};
}

TEST_F(IkeWiringTest, ThereArePathsToEachAddressThatThePeerOffers) {
  start();
  left_.endpoint.handle_links({link_with(1, "192.0.2.1")}, now_);
  run(Seconds(1));
  EXPECT_EQ(remotes_of(left_), std::set<std::string>({"192.0.2.2:4500"}));
  right_.endpoint.handle_links(
      {link_with(1, "192.0.2.2"), link_with(2, "198.51.100.2"), link_with(3, "2001:db8::2")}, now_);
  run(Seconds(1));
  EXPECT_EQ(left_.count<PeerAlsoAt>(), 1u);
  EXPECT_EQ(right_.count<PeerAlsoAt>(), 0u);
  EXPECT_EQ(remotes_of(left_), std::set<std::string>({"192.0.2.2:4500", "198.51.100.2:4500"}));
  // A link that is down comes back, one that is gone does not.
  LocalLink down = link_with(2, "198.51.100.2");
  down.up = false;
  right_.endpoint.handle_links({link_with(1, "192.0.2.2"), down, link_with(3, "2001:db8::2")},
                               now_);
  run(Seconds(1));
  EXPECT_EQ(left_.count<PeerAlsoAt>(), 1u);
  right_.endpoint.handle_links({link_with(1, "192.0.2.2")}, now_);
  run(Seconds(1));
  EXPECT_EQ(left_.count<PeerAlsoAt>(), 2u);
  EXPECT_EQ(remotes_of(left_), std::set<std::string>({"192.0.2.2:4500"}));
}

TEST_F(IkeWiringTest, KeysThatAreNegotiatedCarryPackets) {
  start();
  EXPECT_EQ(left_.count<PeerUp>(), 1u);
  EXPECT_EQ(right_.count<ChildReady>(), 1u);
  EXPECT_TRUE(flows());
  send(left_, "10.9.0.1", "10.2.0.1");
  EXPECT_EQ(left_.drops(DropReason::kOutboundSelector), 1u) << "not one of our networks";
  EXPECT_EQ(left_.endpoint.ike_status(now_).at(0).state, "established");
}

TEST_F(IkeWiringTest, TheLargestPacketIsKnownToPathsAndToTcp) {
  start();
  EXPECT_EQ(left_.full_frame, 1400 + kShimSize);
  EXPECT_EQ(left_.clamp_mtu, 1400u);
}

TEST_F(IkeWiringTest, PathsKnowTheLargestPacketWhereTcpIsNotTold) {
  clamp_mss_ = false;
  start();
  EXPECT_EQ(left_.full_frame, 1400 + kShimSize);
  EXPECT_EQ(left_.clamp_mtu, 0u);
}

TEST_F(IkeWiringTest, BothKindsOfKeysAreReplacedWhenAskedFor) {
  start();
  ASSERT_TRUE(flows());
  EXPECT_TRUE(left_.endpoint.request("far", IkeRequest::kRekeyChild, now_));
  run(Seconds(1));
  EXPECT_TRUE(flows());
  EXPECT_TRUE(right_.endpoint.request("far", IkeRequest::kRekeyIke, now_));
  run(Seconds(1));
  EXPECT_TRUE(flows());
  const IkePeerStatus status = left_.endpoint.ike_status(now_).at(0);
  EXPECT_EQ(status.child_rekeys, 1u);
  EXPECT_EQ(status.ike_rekeys, 1u);
  EXPECT_FALSE(left_.endpoint.request("nobody", IkeRequest::kRekeyIke, now_));
}

TEST_F(IkeWiringTest, ManyPacketsAskForNewKeysAndNoneIsLost) {
  rekey_packets_ = 20;
  start();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(flows()) << i;
    run(Milliseconds(10));
  }
  EXPECT_GE(left_.endpoint.ike_status(now_).at(0).child_rekeys, 5u);
}

TEST_F(IkeWiringTest, OnDemandThePacketBegins) {
  on_demand_ = true;
  start();
  EXPECT_EQ(left_.count<PeerUp>(), 0u) << "nothing to send yet";
  send(left_, "10.1.0.1", "10.2.0.1");
  run(Seconds(1));
  EXPECT_EQ(left_.count<PeerUp>(), 1u);
  EXPECT_TRUE(flows());
}

TEST_F(IkeWiringTest, APeerThatIsTakenOutIsToldAndLeavesNothing) {
  start();
  ASSERT_TRUE(flows());
  ASSERT_TRUE(left_.endpoint.configure({}, now_));
  run(Seconds(30));
  EXPECT_TRUE(left_.plane.snapshot().inbound.empty());
  EXPECT_TRUE(left_.plane.snapshot().outbound.empty());
  EXPECT_EQ(right_.count<PeerDown>(), 1u);
  EXPECT_TRUE(right_.plane.snapshot().outbound.empty());
}

TEST_F(IkeWiringTest, TheEndOfOneEndIsToldToTheOther) {
  start();
  left_.endpoint.shut_down(now_);
  left_.pump(now_);
  carry(left_, right_);
  EXPECT_EQ(right_.count<PeerDown>(), 1u);
  EXPECT_EQ(left_.count<PeerDown>(), 0u) << "who ends knows it";
}

TEST_F(IkeWiringTest, ManualSasKeepOutOfTheSlotsOfNegotiatedOnes) {
  EndpointConfig both = config(left_, right_, true, settings(right_, "10.1.0.0/16", "10.2.0.0/16"));
  PeerConfig manual{.name = "manual"};
  manual.sas.push_back(test_sa_pair(SpiAllocator::kFirstSlot, 1, 1).left);
  both.peers.push_back(std::move(manual));
  const auto done = left_.endpoint.configure(std::move(both), now_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().peer, "manual");
  EXPECT_NE(done.error().what.find("write a lower one"), std::string::npos);
}

TEST_F(IkeWiringTest, SaysWhetherThereAreKeys) {
  EXPECT_FALSE(left_.endpoint.has_keys("far"));
  on_demand_ = true;
  start();
  EXPECT_FALSE(left_.endpoint.has_keys("far"));
  left_.endpoint.request("far", IkeRequest::kInitiate, now_);
  run(Seconds(1));
  EXPECT_TRUE(left_.endpoint.has_keys("far"));
}

TEST_F(IkeWiringTest, WithManualKeysOnlyIkeIsADrop) {
  DataPlane plane{DataPlane::Options{}};
  Endpoint endpoint({.workers = 1, .ike = IkeOptions{.random = &left_.random}});
  ASSERT_TRUE(endpoint.configure({}, now_));
  EXPECT_FALSE(endpoint.poll_command()) << "nobody negotiates";
  EXPECT_FALSE(endpoint.next_timeout());
}

}  // namespace
}  // namespace hawser
