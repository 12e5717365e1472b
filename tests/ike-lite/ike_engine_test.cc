// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::size_t count(const EnginePair& pair, std::string_view what) {
  return static_cast<std::size_t>(std::ranges::count_if(
      pair.transcript,
      [what](const std::string& line) { return line.find(what) != std::string::npos; }));
}

// One live IKE SA and one child at each end, and nothing that waits.
void expect_one_of_each(EnginePair& pair) {
  for (Site* site : {&pair.left, &pair.right}) {
    EXPECT_EQ(site->engine->counters().ike_sas, 1u) << site->name;
    EXPECT_EQ(site->engine->counters().half_open, 0u) << site->name;
    EXPECT_EQ(site->children().size(), 1u) << site->name;
    EXPECT_EQ(site->spis.in_use(), 1u) << site->name;
  }
  pair.expect_children_match();
}

void let_both_begin(EnginePair& pair) {
  pair.right.peer.endpoint = TransportAddress{pair.left.address, 4500};
}

TEST(IkeEngine, WhenBothBeginOneIkeSaSurvives) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    EnginePair pair(seed);
    let_both_begin(pair);
    pair.start();
    ASSERT_TRUE(pair.run_until_established());
    pair.run_for(Seconds(40));
    expect_one_of_each(pair);
    const bool left_is_lower = pair.left.local.identity.data < pair.right.local.identity.data;
    EXPECT_EQ(pair.left.status(pair.now).we_initiated, left_is_lower);
    EXPECT_EQ(pair.right.status(pair.now).we_initiated, !left_is_lower);
    EXPECT_TRUE(pair.left.all<PeerLost>().empty());
    EXPECT_TRUE(pair.right.all<PeerLost>().empty());
  }
}

// The set that is made anew because the peer wants a larger one is of the IKE SA that survives.
TEST(IkeEngine, WhenBothBeginWithUnequalSets) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    EnginePair pair(seed);
    let_both_begin(pair);
    pair.left.peer.child_sas = 2;
    pair.right.peer.child_sas = 3;
    pair.start();
    pair.run_for(Seconds(60));
    for (const Site* site : {&pair.left, &pair.right}) {
      EXPECT_EQ(site->engine->counters().ike_sas, 1u);
      EXPECT_EQ(site->children().size(), 1u);
      EXPECT_EQ(site->spis.in_use(), 3u);
      EXPECT_EQ(site->children().at(0), site->sending());
    }
    pair.expect_children_match();
  }
}

TEST(IkeEngine, WhatLingersOfAPeerGoesWithIt) {
  EnginePair pair;
  pair.use_shared_key("one secret", "another secret");
  pair.start();
  pair.run_for(Milliseconds(100));
  EXPECT_EQ(pair.right.engine->counters().half_open, 1u) << "closed, for repetitions";
  pair.right.engine->configure(copy_of(pair.right.local), {}, pair.now);
  EXPECT_EQ(pair.right.engine->counters().half_open, 0u);
  pair.run_for(Seconds(30));
}

// Each message may be lost and come late; in the end there is one.
TEST(IkeEngine, WhenBothBeginOverABadNetworkOneIkeSaSurvives) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    EnginePair pair(seed);
    SeededRandom fate(seed + 1000);
    let_both_begin(pair);
    pair.lose = [&fate](const Datagram&) { return fate.chance(0.3); };
    pair.start();
    pair.run_for(Seconds(60));
    pair.lose = nullptr;
    ASSERT_TRUE(pair.run_until_established());
    pair.run_for(Seconds(60));
    expect_one_of_each(pair);
  }
}

TEST(IkeEngine, EveryMessageMayBeLostOnce) {
  for (std::size_t lost = 0; lost < 4; ++lost) {
    SCOPED_TRACE(lost);
    EnginePair pair;
    std::size_t seen = 0;
    pair.lose = [&](const Datagram&) { return seen++ == lost; };
    pair.start();
    ASSERT_TRUE(pair.run_until_established());
    pair.run_for(Seconds(30));
    expect_one_of_each(pair);
  }
}

TEST(IkeEngine, APeerThatDoesNotAnswerIsAskedAgainForEver) {
  EnginePair pair;
  pair.lose = [](const Datagram&) { return true; };
  pair.start();
  pair.run_for(Seconds(4 * 3600));
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("192.0.2.2:4500 does not answer")));
  // The same sentence at most once a minute.
  EXPECT_LE(pair.left.all<PeerTrouble>().size(), 240u);
  const std::size_t requests = count(pair, "IKE_SA_INIT request 0");
  EXPECT_GT(requests, 500u);
  EXPECT_LT(requests, 2500u);
  EXPECT_EQ(pair.left.engine->counters().ike_sas,
            pair.left.status(pair.now).state == "waiting" ? 0u : 1u);
  pair.lose = nullptr;
  ASSERT_TRUE(pair.run_until([&] { return pair.left.sending().has_value(); }, Seconds(100)));
}

TEST(IkeEngine, AnInitiatorThatCrashedBeginsAnew) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.run_for(Seconds(5));
  pair.left.raw_events.clear();
  pair.left.events.clear();
  pair.restart(pair.left);
  ASSERT_TRUE(pair.run_until([&] { return pair.left.sending().has_value(); }));
  pair.run_for(Seconds(1));
  pair.expect_children_match();
  // INITIAL_CONTACT: what the peer forgot is gone at once, and it was never lost.
  EXPECT_EQ(pair.right.engine->counters().ike_sas, 1u);
  EXPECT_EQ(pair.right.children().size(), 1u);
  EXPECT_TRUE(pair.right.all<PeerLost>().empty());
  EXPECT_EQ(pair.right.all<PeerEstablished>().size(), 2u);
}

TEST(IkeEngine, AResponderThatCrashedAndIsAskedAgain) {
  EnginePair pair;
  let_both_begin(pair);
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.run_for(Seconds(40));
  pair.right.raw_events.clear();
  pair.restart(pair.right);
  ASSERT_TRUE(pair.run_until([&] { return pair.right.sending().has_value(); }));
  pair.run_for(Seconds(1));
  pair.expect_children_match();
  EXPECT_EQ(pair.left.engine->counters().ike_sas, 1u);
  EXPECT_EQ(pair.left.children().size(), 1u);
}

TEST(IkeEngine, TerminateEndsItAndInitiateBeginsAnew) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_TRUE(pair.left.engine->terminate(PeerId(1), pair.now));
  pair.collect(pair.left);
  pair.run_for(Seconds(1));
  EXPECT_TRUE(pair.left.children().empty());
  EXPECT_TRUE(pair.right.children().empty());
  EXPECT_THAT(pair.left.events, Contains("lost: ended on request"));
  EXPECT_EQ(pair.right.all<PeerLost>().size(), 1u);
  pair.run_for(Seconds(300));
  EXPECT_EQ(pair.left.status(pair.now).state, "idle") << "it stays ended";
  EXPECT_EQ(pair.left.engine->counters().ike_sas, 0u);
  EXPECT_TRUE(pair.left.engine->initiate(PeerId(1), pair.now));
  pair.collect(pair.left);
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_FALSE(pair.right.engine->initiate(PeerId(1), pair.now)) << "it has no endpoint";
  EXPECT_FALSE(pair.left.engine->initiate(PeerId(9), pair.now));
}

TEST(IkeEngine, WhatThePeerEndsIsBegunAgain) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_TRUE(pair.right.engine->terminate(PeerId(1), pair.now));
  pair.collect(pair.right);
  ASSERT_TRUE(pair.run_until([&] { return pair.left.all<PeerEstablished>().size() == 2; }));
  pair.run_for(Seconds(20));
  expect_one_of_each(pair);
}

TEST(IkeEngine, AtTheEndThePeersAreTold) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.right.engine->shut_down(pair.now);
  pair.collect(pair.right);
  EXPECT_EQ(pair.right.spis.in_use(), 0u);
  EXPECT_EQ(pair.right.engine->counters().ike_sas, 0u);
  pair.right.engine = std::make_unique<IkeEngine>(pair.right.options);
  pair.run_for(Milliseconds(50));
  EXPECT_EQ(pair.left.all<PeerLost>().size(), 1u);
}

TEST(IkeEngine, AConfigThatDidNotChangeKeepsItsIkeSas) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.left.peer.rekey_time = Seconds(1000);
  pair.left.peer.name = "another name";
  pair.configure(pair.left);
  pair.configure(pair.right);
  pair.run_for(Seconds(10));
  EXPECT_EQ(pair.transcript.size(), 4u);
  expect_one_of_each(pair);
}

TEST(IkeEngine, AConfigThatChangedBeginsAnew) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.left.peer.local = {TrafficSelector::from_prefix(*IpPrefix::parse("10.1.2.0/24"))};
  pair.configure(pair.left);
  ASSERT_TRUE(pair.run_until([&] { return pair.left.all<PeerEstablished>().size() == 2; }));
  pair.run_for(Seconds(20));
  expect_one_of_each(pair);
  EXPECT_EQ(pair.right.installed(*pair.right.sending())->remote, pair.left.peer.local);
}

TEST(IkeEngine, APeerThatIsNotConfiguredAnyMoreIsToldAndForgotten) {
  EnginePair pair;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.right.engine->configure(copy_of(pair.right.local), {}, pair.now);
  pair.collect(pair.right);
  pair.run_for(Seconds(1));
  EXPECT_TRUE(pair.right.engine->status(pair.now).empty());
  EXPECT_TRUE(pair.right.children().empty());
  EXPECT_EQ(pair.left.all<PeerLost>().size(), 1u);
  // It goes on asking; who has no peers takes no proposal.
  pair.run_for(Seconds(120));
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("NO_PROPOSAL_CHOSEN")));
  EXPECT_EQ(pair.right.engine->counters().ike_sas, 0u);
}

TEST(IkeEngine, AnAddressThatIsFoundLater) {
  EnginePair pair;
  pair.left.peer.endpoint.reset();
  pair.start();
  pair.run_for(Seconds(10));
  EXPECT_TRUE(pair.transcript.empty());
  pair.left.engine->set_endpoint(PeerId(1), {pair.right.address, 4500}, pair.now);
  pair.collect(pair.left);
  ASSERT_TRUE(pair.run_until_established());
  // Configured again without an address, what was found is kept.
  pair.configure(pair.left);
  pair.run_for(Seconds(5));
  expect_one_of_each(pair);
}

// RFC 7296 section 2.23: a NAT in between changes the source; both ends find out.
TEST(IkeEngine, ANatInBetweenIsSeen) {
  EnginePair pair;
  const IpAddress outside = *IpAddress::parse("198.51.100.7");
  const IpAddress inside = pair.left.address;
  pair.change = [&](Datagram& datagram) {
    if (datagram.from == "left") {
      datagram.addresses.local = {outside, 61000};
    } else {
      EXPECT_EQ(datagram.addresses.remote.address, outside);
      EXPECT_EQ(datagram.addresses.remote.port, 61000);
      datagram.addresses.remote = {inside, 4500};
    }
  };
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_TRUE(pair.right.all<PeerEstablished>().at(0)->peer_behind_nat);
  EXPECT_FALSE(pair.right.all<PeerEstablished>().at(0)->we_are_behind_nat);
  EXPECT_TRUE(pair.left.all<PeerEstablished>().at(0)->we_are_behind_nat);
  EXPECT_EQ(pair.right.all<PeerEstablished>().at(0)->path.remote,
            (TransportAddress{outside, 61000}));
}

TEST(IkeEngine, ASilentPeerIsGivenUpAfterFiveMinutesNotBefore) {
  EnginePair pair;
  pair.left.peer.dead_peer_interval = Seconds(10);
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  const TimePoint begin = pair.now;
  pair.lose = [](const Datagram&) { return true; };
  ASSERT_TRUE(pair.run_until([&] { return !pair.left.all<PeerLost>().empty(); }, Seconds(900)));
  EXPECT_GE(pair.now - begin, Seconds(300));
  EXPECT_LE(pair.now - begin, Seconds(420));
  EXPECT_TRUE(pair.left.children().empty());
  EXPECT_EQ(pair.left.spis.in_use(), 0u);
  pair.lose = nullptr;
  ASSERT_TRUE(pair.run_until([&] { return pair.left.sending().has_value(); }, Seconds(120)));
}

// It says nothing about an IKE SA that it does not know any more; we try anew before we give up.
TEST(IkeEngine, AResponderThatCrashedIsAskedAnewSoon) {
  EnginePair pair;
  pair.left.peer.dead_peer_interval = Seconds(10);
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.run_for(Seconds(5));
  pair.right.engine.reset();
  pair.right.spis = CountingSpis();
  pair.right.raw_events.clear();
  pair.restart(pair.right);
  ASSERT_TRUE(pair.run_until([&] { return pair.right.sending().has_value(); }, Seconds(40)));
  pair.run_for(Seconds(1));
  expect_one_of_each(pair);
  EXPECT_TRUE(pair.left.all<PeerLost>().empty());
}

TEST(IkeEngine, AnOutageOfAMinuteEndsWithOneIkeSa) {
  for (int length = 15; length < 120; length += 7) {
    for (const bool both : {false, true}) {
      SCOPED_TRACE(length);
      EnginePair pair;
      if (both) let_both_begin(pair);
      pair.left.peer.dead_peer_interval = pair.right.peer.dead_peer_interval = Seconds(5);
      pair.start();
      ASSERT_TRUE(pair.run_until_established());
      pair.run_for(Seconds(60));
      pair.lose = [](const Datagram&) { return true; };
      pair.run_for(Seconds(length));
      pair.lose = nullptr;
      pair.run_for(Seconds(100));
      expect_one_of_each(pair);
      EXPECT_TRUE(pair.left.all<PeerLost>().empty());
      EXPECT_TRUE(pair.right.all<PeerLost>().empty());
    }
  }
}

TEST(IkeEngine, ManyPeersWaitWithoutWork) {
  SeededRandom random(5);
  CountingSpis spis;
  IkeEngine engine({.random = &random, .spis = &spis});
  IkeLocalConfig local{.identity = *IkeIdentity::parse("hub.lab")};
  local.raw_key = IdentityPrivateKey::generate(random);
  std::vector<IkePeerConfig> peers;
  for (std::uint32_t i = 1; i <= 2000; ++i) {
    IkePeerConfig peer{.auth = RawKeyAuth()};
    peer.id = PeerId(i);
    peer.identity = *IkeIdentity::parse("peer" + std::to_string(i) + ".lab");
    peer.ike_ciphers = peer.esp_ciphers = {AeadAlgorithm::kAes256Gcm};
    peer.groups = {KeyExchangeGroup::kX25519};
    peers.push_back(std::move(peer));
  }
  engine.configure(std::move(local), std::move(peers), TimePoint());
  EXPECT_FALSE(engine.next_timeout());
  EXPECT_FALSE(engine.poll_transmit());
  EXPECT_EQ(engine.status(TimePoint()).size(), 2000u);
}

}  // namespace
}  // namespace hawser
