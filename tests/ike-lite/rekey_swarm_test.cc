// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/established_pair.h"

// Many short lives of two engines over a bad wire, with rekeys, deletes and moves at random, from
// one seed each. Afterwards the wire is good again, and all must come to rest in one IKE SA with
// one child.

namespace hawser {
namespace {

// What happens to packets that each end sends on the child that it sends on. A packet arrives if
// the other end has the SA when it comes.
class Traffic {
 public:
  void send(const Site& from, const Site& to, TimePoint now) {
    const std::optional<ChildId> child = from.sending();
    if (!child) {
      ++unsent;
      return;
    }
    ++sent;
    const Spi spi = from.installed(*child)->sas.at(0).spi_out;
    on_the_way_.push_back({.arrives = now + EnginePair::kDelay, .to = &to, .spi = spi});
  }
  void arrive(TimePoint now) {
    std::erase_if(on_the_way_, [&](const Packet& packet) {
      if (packet.arrives > now) return false;
      if (!receives(*packet.to, packet.spi)) ++lost;
      return true;
    });
  }

  unsigned sent = 0;
  unsigned unsent = 0;
  unsigned lost = 0;

 private:
  struct Packet {
    TimePoint arrives;
    const Site* to = nullptr;
    Spi spi;
  };
  static bool receives(const Site& site, Spi spi) {
    for (const ChildId child : site.children()) {
      for (const ChildSaPair& pair : site.installed(child)->sas) {
        if (pair.spi_in == spi) return true;
      }
    }
    return false;
  }
  std::vector<Packet> on_the_way_;
};

struct Swarm {
  struct Options {
    double loss = 0;
    Duration max_delay{0};
    bool with_hard_limits = false;
    bool with_moves = false;
  };
  Swarm(std::uint64_t seed, const Options& given) : options(given), pair(seed), dice(seed) {
    pair.left.peer.child_sas = static_cast<unsigned>(1 + dice.below(3));
    pair.right.peer.child_sas = static_cast<unsigned>(1 + dice.below(3));
    pair.left.peer.pfs = pair.right.peer.pfs = dice.chance(0.5);
    pair.left.peer.dead_peer_interval = Seconds(30);
    pair.right.peer.dead_peer_interval = Seconds(30);
    pair.establish();
    pair.keep_to_this_ike_sa();
  }

  void act() {
    Site& site = dice.chance(0.5) ? pair.left : pair.right;
    IkeEngine& engine = *site.engine;
    const std::optional<ChildId> child = site.sending();
    const auto spi = [&] { return site.installed(*child)->sas.at(0).spi_in; };
    switch (dice.below(8)) {
      case 0:
      case 1:
        (void)engine.rekey_child(PeerId(1), pair.now);
        break;
      case 2:
      case 3:
        (void)engine.rekey_ike(PeerId(1), pair.now);
        break;
      case 4:
        if (child) engine.handle_child_expiring(spi(), pair.now);
        break;
      case 5:
        if (child && options.with_hard_limits) engine.handle_child_expired(spi(), pair.now);
        break;
      case 6:
        if (options.with_moves) {
          const auto last = static_cast<std::uint8_t>(1 + dice.below(200));
          const std::uint8_t octets[] = {198, 51, 100, last};
          pair.left.address = IpAddress::v4(octets);
          pair.left.engine->handle_link_change(pair.now);
          pair.collect(pair.left);
        }
        break;
      default:
        break;
    }
    pair.collect(site);
  }

  void run_for(Duration time, Duration between_acts) {
    const TimePoint end = pair.now + time;
    TimePoint next_act = pair.now;
    while (pair.now < end) {
      if (between_acts > Duration(0) && pair.now >= next_act) {
        act();
        next_act = pair.now + (between_acts / 64) * static_cast<int>(dice.below(128));
      }
      traffic.send(pair.left, pair.right, pair.now);
      traffic.send(pair.right, pair.left, pair.now);
      pair.run_for(Milliseconds(10));
      traffic.arrive(pair.now);
    }
  }

  void make_wire_bad() {
    pair.lose = [this](const Datagram&) { return dice.chance(options.loss); };
    if (options.max_delay == Duration(0)) return;
    pair.delay = [this](const Datagram&) {
      return (options.max_delay / 1024) * static_cast<int>(dice.below(1024));
    };
  }
  void make_wire_good() {
    pair.lose = nullptr;
    pair.delay = nullptr;
  }

  Options options;
  EstablishedPair pair;
  SeededRandom dice;
  Traffic traffic;
};

constexpr std::uint64_t kSeeds = 25;

TEST(RekeySwarm, GoodWireLosesNoPacket) {
  unsigned rekeys = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Swarm swarm(seed, {.with_moves = true});
    swarm.run_for(Seconds(10), Milliseconds(100));
    swarm.run_for(Seconds(5), Duration(0));
    swarm.pair.run_for(Seconds(90));
    swarm.pair.expect_at_rest();
    EXPECT_EQ(swarm.traffic.lost, 0u);
    EXPECT_EQ(swarm.traffic.unsent, 0u);
    rekeys += static_cast<unsigned>(swarm.pair.left.status(swarm.pair.now).child_rekeys);
    EXPECT_TRUE(swarm.pair.left.all<PeerLost>().empty());
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(rekeys, kSeeds);
}

TEST(RekeySwarm, BadWireLosesNoPacketOnlyTime) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Swarm swarm(seed, {.loss = 0.2, .max_delay = Milliseconds(200), .with_moves = true});
    swarm.make_wire_bad();
    swarm.run_for(Seconds(20), Milliseconds(700));
    swarm.make_wire_good();
    swarm.run_for(Seconds(5), Duration(0));
    swarm.pair.run_for(Seconds(150));
    swarm.pair.expect_at_rest();
    EXPECT_EQ(swarm.traffic.lost, 0u);
    EXPECT_EQ(swarm.traffic.unsent, 0u);
    EXPECT_TRUE(swarm.pair.left.all<PeerLost>().empty());
    EXPECT_TRUE(swarm.pair.right.all<PeerLost>().empty());
    if (testing::Test::HasFailure()) return;
  }
}

TEST(RekeySwarm, HardLimitsCostPacketsButNotTheTunnel) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Swarm swarm(seed, {.loss = 0.3,
                       .max_delay = Milliseconds(400),
                       .with_hard_limits = true,
                       .with_moves = true});
    swarm.make_wire_bad();
    swarm.run_for(Seconds(20), Milliseconds(500));
    swarm.make_wire_good();
    swarm.pair.run_for(Seconds(200));
    swarm.pair.expect_at_rest();
    EXPECT_TRUE(swarm.pair.left.all<PeerLost>().empty());
    EXPECT_TRUE(swarm.pair.right.all<PeerLost>().empty());
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace hawser
