// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TrafficSelectors prefixes(std::initializer_list<const char*> texts) {
  TrafficSelectors selectors;
  for (const char* text : texts) {
    selectors.push_back(TrafficSelector::from_prefix(*IpPrefix::parse(text)));
  }
  return selectors;
}

PostQuantumKey ppk(std::string id, std::uint8_t octet, bool required) {
  const std::vector<std::uint8_t> octets(32, octet);
  return {.id = std::move(id), .key = Secret::copy_of(octets), .required = required};
}

// Neither end believes to be connected, and nothing is kept.
void expect_nothing_left(EnginePair& pair) {
  EXPECT_TRUE(pair.left.all<PeerEstablished>().empty());
  EXPECT_EQ(pair.left.spis.in_use(), 0u);
  EXPECT_EQ(pair.right.spis.in_use(), 0u);
  EXPECT_EQ(pair.right.status(pair.now).state, "idle");
}

TEST(IkeAuth, AWrongSharedKeyIsSaidOnBothSides) {
  EnginePair pair;
  pair.use_shared_key("one secret", "another secret");
  pair.start();
  pair.run_for(Milliseconds(100));
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("AUTHENTICATION_FAILED")));
  EXPECT_THAT(pair.right.events, Contains(HasSubstr("trouble: ")));
  EXPECT_TRUE(pair.right.all<PeerEstablished>().empty());
  expect_nothing_left(pair);
  // What is closed answers a repetition for ten seconds, and is gone then.
  pair.left.engine->terminate(PeerId(1), pair.now);
  pair.run_for(Seconds(11));
  EXPECT_EQ(pair.right.engine->counters().ike_sas, 0u);
}

TEST(IkeAuth, AWrongRawKeyOfTheInitiator) {
  EnginePair pair;
  SeededRandom random(99);
  pair.right.peer.auth = RawKeyAuth{IdentityPrivateKey::generate(random).public_key()};
  pair.start();
  pair.run_for(Milliseconds(100));
  EXPECT_TRUE(pair.right.all<PeerEstablished>().empty());
  expect_nothing_left(pair);
}

// The responder takes the initiator for authenticated: it is told that it was for nothing.
TEST(IkeAuth, AWrongRawKeyOfTheResponder) {
  EnginePair pair;
  SeededRandom random(99);
  pair.left.peer.auth = RawKeyAuth{IdentityPrivateKey::generate(random).public_key()};
  pair.start();
  pair.run_for(Milliseconds(200));
  EXPECT_THAT(pair.right.events, Contains(HasSubstr("lost: ")));
  EXPECT_TRUE(pair.right.children().empty());
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("trouble: ")));
  expect_nothing_left(pair);
}

TEST(IkeAuth, TheResponderMustShowTheIdentityThatIsExpected) {
  EnginePair pair;
  pair.right.local.identity = *IkeIdentity::parse("somebody.else");
  pair.start();
  pair.run_for(Milliseconds(200));
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("somebody.else")));
  EXPECT_TRUE(pair.right.children().empty());
  expect_nothing_left(pair);
}

TEST(IkeAuth, AnUnknownInitiatorIsRefused) {
  EnginePair pair;
  pair.left.local.identity = *IkeIdentity::parse("stranger@example.org");
  pair.right.peer.endpoint = TransportAddress{pair.left.address, 4500};
  pair.right.peer.initiate = false;
  pair.start();
  pair.run_for(Milliseconds(100));
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("AUTHENTICATION_FAILED")));
  EXPECT_THAT(pair.right.events, Contains(HasSubstr("stranger@example.org")));
  expect_nothing_left(pair);
}

TEST(IkeAuth, NamesCountWithoutRegardToCase) {
  EnginePair pair;
  pair.left.local.identity = *IkeIdentity::parse("LEFT.lab");
  pair.right.peer.identity = *IkeIdentity::parse("left.Lab");
  pair.start();
  EXPECT_TRUE(pair.run_until_established());
}

TEST(IkeAuth, APeerMayHaveAnIdentityOfOursForItself) {
  EnginePair pair;
  pair.right.peer.local_identity = *IkeIdentity::parse("192.0.2.2");
  pair.left.peer.identity = *IkeIdentity::parse("192.0.2.2");
  pair.start();
  EXPECT_TRUE(pair.run_until_established());
}

TEST(IkeAuth, SelectorsAreNarrowedToWhatBothAllow) {
  EnginePair pair;
  pair.left.peer.local = prefixes({"10.1.0.0/16", "10.5.0.0/24"});
  pair.left.peer.remote = prefixes({"0.0.0.0/0"});
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  const ChildInstalled* child = pair.left.installed(*pair.left.sending());
  EXPECT_EQ(child->local, prefixes({"10.1.0.0/16"}));
  EXPECT_EQ(child->remote, prefixes({"10.2.0.0/16"}));
  pair.expect_children_match();
}

// RFC 7296 section 2.21.2: the identity is established even if the child is not.
TEST(IkeAuth, WithoutCommonSelectorsTheIkeSaStaysUp) {
  EnginePair pair;
  pair.left.peer.remote = prefixes({"172.16.0.0/12"});
  pair.start();
  pair.run_for(Seconds(1));
  EXPECT_EQ(pair.left.status(pair.now).state, "established");
  EXPECT_EQ(pair.right.status(pair.now).state, "established");
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("TS_UNACCEPTABLE")));
  EXPECT_THAT(pair.right.events, Contains(HasSubstr("172.16.0.0/12")));
  EXPECT_TRUE(pair.left.children().empty());
  EXPECT_EQ(pair.left.spis.in_use(), 0u);
}

TEST(IkeAuth, WithoutACommonCipherOfTheChildTheIkeSaStaysUp) {
  EnginePair pair;
  pair.left.peer.esp_ciphers = {AeadAlgorithm::kAes256Gcm};
  pair.right.peer.esp_ciphers = {AeadAlgorithm::kChaCha20Poly1305};
  pair.start();
  pair.run_for(Seconds(1));
  EXPECT_EQ(pair.left.status(pair.now).state, "established");
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("NO_PROPOSAL_CHOSEN")));
  EXPECT_EQ(pair.right.spis.in_use(), 0u);
}

TEST(IkeAuth, ChaCha20ForBoth) {
  EnginePair pair;
  pair.right.peer.ike_ciphers = {AeadAlgorithm::kChaCha20Poly1305};
  pair.right.peer.esp_ciphers = {AeadAlgorithm::kChaCha20Poly1305};
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.left.status(pair.now).suite, "chacha20-poly1305, hmac-sha-256, x25519");
  EXPECT_EQ(pair.left.status(pair.now).children.at(0).suite, "chacha20-poly1305, esn");
  pair.expect_children_match();
}

// In IKE_SA_INIT it is not known yet for whom a suite is chosen.
TEST(IkeAuth, ASuiteThatIsNotForThisPeerIsReplaced) {
  EnginePair pair;
  pair.start();
  std::vector<IkePeerConfig> peers;
  peers.push_back(copy_of(pair.right.peer));
  peers.back().ike_ciphers = {AeadAlgorithm::kChaCha20Poly1305};
  peers.push_back(copy_of(pair.right.peer));
  peers.back().id = PeerId(0);
  peers.back().identity = *IkeIdentity::parse("somebody.else");
  peers.back().ike_ciphers = {AeadAlgorithm::kAes256Gcm};
  pair.right.engine->configure(copy_of(pair.right.local), std::move(peers), pair.now);
  ASSERT_TRUE(pair.run_until_established());
  pair.run_for(Seconds(1));
  EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 1u);
  EXPECT_EQ(pair.left.status(pair.now).suite, "chacha20-poly1305, hmac-sha-256, x25519");
  pair.expect_children_match();
}

TEST(IkeAuth, AVirtualAddressIsGivenAndGivenBack) {
  EnginePair pair;
  pair.left.peer.request_address = true;
  pair.right.peer.give_address = true;
  pair.right.peer.remote.clear();
  pair.right.local.pool_dns = {*IpAddress::parse("10.99.0.1"), *IpAddress::parse("fd00::1")};
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  const PeerEstablished* established = pair.left.all<PeerEstablished>().at(0);
  EXPECT_THAT(established->assigned, ElementsAre(*IpAddress::parse("10.99.0.2")));
  EXPECT_THAT(established->dns,
              ElementsAre(*IpAddress::parse("10.99.0.1"), *IpAddress::parse("fd00::1")));
  // RFC 7296 section 2.19: "any" was offered, the one address is installed.
  EXPECT_EQ(pair.left.installed(*pair.left.sending())->local, prefixes({"10.99.0.2/32"}));
  pair.expect_children_match();
  EXPECT_THAT(pair.right.events, Contains("gave 10.99.0.2"));
  pair.left.engine->terminate(PeerId(1), pair.now);
  pair.collect(pair.left);
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.right.events, Contains("got back 10.99.0.2"));
  EXPECT_EQ(pair.right.pool.leases(), 0u);
}

TEST(IkeAuth, AnEmptyPoolIsSaid) {
  EnginePair pair;
  pair.left.peer.request_address = true;
  pair.right.peer.give_address = true;
  pair.right.pool.room = 0;
  pair.start();
  pair.run_for(Seconds(1));
  EXPECT_EQ(pair.left.status(pair.now).state, "established");
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("INTERNAL_ADDRESS_FAILURE")));
  EXPECT_THAT(pair.right.events, Contains(HasSubstr("the pool has none")));
}

TEST(IkeAuth, WhoAsksForAnAddressAndGetsNoneMayUseItsOwn) {
  EnginePair pair;
  pair.left.peer.request_address = true;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.left.installed(*pair.left.sending())->local, prefixes({"10.1.0.0/16"}));
}

TEST(IkeAuth, PostQuantumKeysOfBothEnds) {
  EnginePair pair;
  pair.left.peer.post_quantum_key = ppk("one", 7, true);
  pair.right.peer.post_quantum_key = ppk("one", 7, true);
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.expect_children_match();
  EXPECT_TRUE(pair.left.status(pair.now).post_quantum_key);
  EXPECT_TRUE(pair.right.status(pair.now).post_quantum_key);
}

TEST(IkeAuth, AnOptionalPostQuantumKeyThatThePeerLacks) {
  EnginePair pair;
  pair.left.peer.post_quantum_key = ppk("one", 7, false);
  pair.right.peer.post_quantum_key = ppk("two", 8, false);
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  pair.expect_children_match();
  EXPECT_FALSE(pair.left.status(pair.now).post_quantum_key);

  EnginePair without;
  without.left.peer.post_quantum_key = ppk("one", 7, false);
  without.start();
  ASSERT_TRUE(without.run_until_established());
  without.expect_children_match();
}

TEST(IkeAuth, ARequiredPostQuantumKeyIsNeverDoneWithout) {
  for (const bool left_has_it : {true, false}) {
    EnginePair pair;
    (left_has_it ? pair.left : pair.right).peer.post_quantum_key = ppk("one", 7, true);
    pair.start();
    pair.run_for(Seconds(2));
    EXPECT_FALSE(pair.left.sending()) << left_has_it;
    EXPECT_FALSE(pair.right.sending()) << left_has_it;
    EXPECT_THAT(left_has_it ? pair.left.events : pair.right.events,
                Contains(HasSubstr("trouble: ")));
  }
}

TEST(IkeAuth, AWrongPostQuantumKeyFails) {
  EnginePair pair;
  pair.left.peer.post_quantum_key = ppk("one", 7, true);
  pair.right.peer.post_quantum_key = ppk("one", 8, true);
  pair.start();
  pair.run_for(Milliseconds(200));
  EXPECT_TRUE(pair.right.all<PeerEstablished>().empty());
  expect_nothing_left(pair);
}

TEST(IkeAuth, ASetOfChildSasInOneExchange) {
  EnginePair pair;
  pair.left.peer.child_sas = 3;
  pair.right.peer.child_sas = 2;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.transcript.size(), 4u);
  EXPECT_EQ(pair.left.installed(*pair.left.sending())->sas.size(), 3u);
  pair.expect_children_match();
}

// The initiator learns the larger count with the answer, and makes a set of that size.
TEST(IkeAuth, TheResponderMayWantTheLargerSet) {
  EnginePair pair;
  pair.left.peer.child_sas = 2;
  pair.right.peer.child_sas = 5;
  pair.start();
  ASSERT_TRUE(pair.run_until([&] {
    return pair.left.sending() && pair.left.installed(*pair.left.sending())->sas.size() == 5;
  }));
  pair.run_for(Seconds(10));
  pair.expect_children_match();
  EXPECT_EQ(pair.left.children().size(), 1u);
  EXPECT_EQ(pair.right.children().size(), 1u);
}

// Slots for as many paths as both want; behind the shim, since both want several.
TEST(IkeAuth, ASetHasASlotForEachPath) {
  EnginePair pair;
  pair.left.peer.child_sas = 2;
  pair.right.peer.child_sas = 2;
  pair.left.peer.path_slots = 4;
  pair.right.peer.path_slots = 8;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  for (const auto* site : {&pair.left, &pair.right}) {
    const ChildInstalled* child = site->installed(*site->sending());
    EXPECT_EQ(child->sas.size(), 8u);
    EXPECT_EQ(child->per_slot, 2u);
    EXPECT_TRUE(child->shim);
  }
  pair.expect_children_match();
}

TEST(IkeAuth, WhoWantsOnePathGetsNoShim) {
  EnginePair pair;
  pair.left.peer.path_slots = 4;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_FALSE(pair.left.installed(*pair.left.sending())->shim);
  EXPECT_FALSE(pair.right.installed(*pair.right.sending())->shim);
  pair.expect_children_match();
}

// The initiator cannot know how many workers the responder has, nor how many paths it wants.
TEST(IkeAuth, TheNextSetHasTheShapeThatBothWant) {
  EnginePair pair;
  pair.left.peer.child_sas = 1;
  pair.right.peer.child_sas = 3;
  pair.left.peer.path_slots = 4;
  pair.right.peer.path_slots = 2;
  pair.start();
  ASSERT_TRUE(pair.run_until([&] {
    return pair.left.sending() && pair.left.installed(*pair.left.sending())->per_slot == 3;
  }));
  pair.run_for(Seconds(10));
  EXPECT_EQ(pair.left.installed(*pair.left.sending())->sas.size(), 6u);
  EXPECT_EQ(pair.right.installed(*pair.right.sending())->per_slot, 3u);
  EXPECT_TRUE(pair.right.installed(*pair.right.sending())->shim);
  pair.expect_children_match();
}

// Whoever is no Hawser sees none of our extensions and gets numbers of 32 bits.
TEST(IkeAuth, TowardsOthersThereAreNoExtensions) {
  EnginePair pair;
  pair.left.peer.interop = true;
  pair.left.peer.child_sas = 4;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_FALSE(pair.left.all<PeerEstablished>().at(0)->is_hawser);
  EXPECT_FALSE(pair.right.all<PeerEstablished>().at(0)->is_hawser);
  EXPECT_EQ(pair.left.installed(*pair.left.sending())->sas.size(), 1u);
  pair.expect_children_match();
}

TEST(IkeAuth, WithoutAFreeSpiTheIkeSaIsMadeAllTheSame) {
  EnginePair pair;
  pair.left.spis.set_room(0);
  pair.start();
  pair.run_for(Seconds(1));
  EXPECT_EQ(pair.left.status(pair.now).state, "established");
  EXPECT_EQ(pair.right.status(pair.now).state, "established");
}

TEST(IkeAuth, EveryOctetOfTheAnswerCounts) {
  for (std::size_t i = 4; i < 60; i += 5) {
    EnginePair pair;
    pair.change = [i](Datagram& datagram) {
      if (describe(datagram).starts_with("IKE_AUTH")) datagram.bytes.at(i) ^= 0x40;
    };
    pair.start();
    pair.run_for(Seconds(3));
    EXPECT_TRUE(pair.left.all<PeerEstablished>().empty()) << i;
    EXPECT_TRUE(pair.right.all<PeerEstablished>().empty()) << i;
  }
}

}  // namespace
}  // namespace hawser
