// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/established_pair.h"

// One end acts at a time. Collisions are in rekey_collision_of_*_test.cc.

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(Rekey, ChildIsReplacedBeforeItIsDeleted) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(6));
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- CREATE_CHILD_SA request 2 ---> right",
                                           "left  <--- CREATE_CHILD_SA response 2 --- right",
                                           "left  --- INFORMATIONAL request 3 ---> right",
                                           "left  <--- INFORMATIONAL response 3 --- right"));
  EXPECT_THAT(pair.left.events, ElementsAre("child 2 installed", "sending on 2", "child 1 draining",
                                            "child 1 removed"));
  // The responder receives at once, and sends when the old one is deleted.
  EXPECT_THAT(pair.right.events, ElementsAre("child 2 installed", "sending on 2",
                                             "child 1 draining", "child 1 removed"));
  pair.expect_children_match();
  EXPECT_EQ(pair.left.spis.in_use(), 1u);
  EXPECT_EQ(pair.right.spis.in_use(), 1u);
  EXPECT_EQ(pair.left.status(pair.now).child_rekeys, 1u);
}

TEST(Rekey, EitherEndRekeysTheChild) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(6));
  EXPECT_THAT(pair.transcript, ElementsAre("left  <--- CREATE_CHILD_SA request 0 --- right",
                                           "left  --- CREATE_CHILD_SA response 0 ---> right",
                                           "left  <--- INFORMATIONAL request 1 --- right",
                                           "left  --- INFORMATIONAL response 1 ---> right"));
  pair.expect_at_rest();
}

TEST(Rekey, OldChildDrainsFiveSeconds) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(4));
  EXPECT_THAT(pair.left.children(), SizeIs(2));
  EXPECT_THAT(pair.right.children(), SizeIs(2));
  pair.run_for(Seconds(2));
  EXPECT_THAT(pair.left.children(), SizeIs(1));
  EXPECT_THAT(pair.right.children(), SizeIs(1));
}

TEST(Rekey, SetOfChildrenIsReplacedAsAWhole) {
  EstablishedPair pair;
  pair.left.peer.child_sas = 3;
  pair.right.peer.child_sas = 3;
  pair.establish();
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(6));
  pair.expect_children_match();
  EXPECT_THAT(pair.left.installed(*pair.left.sending())->sas, SizeIs(3));
  EXPECT_EQ(pair.left.spis.in_use(), 3u);
  EXPECT_EQ(pair.right.spis.in_use(), 3u);
}

TEST(Rekey, GroupThatThePeerDemands) {
  EstablishedPair pair;
  pair.right.peer.groups = {KeyExchangeGroup::kP256};
  pair.establish();
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(6));
  // INVALID_KE_PAYLOAD, then P-256.
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- CREATE_CHILD_SA request 2 ---> right",
                                           "left  <--- CREATE_CHILD_SA response 2 --- right",
                                           "left  --- CREATE_CHILD_SA request 3 ---> right",
                                           "left  <--- CREATE_CHILD_SA response 3 --- right",
                                           "left  --- INFORMATIONAL request 4 ---> right",
                                           "left  <--- INFORMATIONAL response 4 --- right"));
  pair.expect_at_rest();
  // Once is enough: what is in use is guessed the next time.
  pair.forget();
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(6));
  EXPECT_EQ(pair.transcript.size(), 4u);
  pair.expect_at_rest();
}

TEST(Rekey, WithoutForwardSecrecy) {
  EstablishedPair pair;
  pair.left.peer.pfs = pair.right.peer.pfs = false;
  pair.establish();
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(6));
  pair.expect_children_match();
  EXPECT_EQ(pair.left.sending(), ChildId(2));
}

TEST(Rekey, IkeSaHandsItsChildrenOver) {
  EstablishedPair pair;
  pair.establish();
  const auto before = pair.left.status(pair.now);
  pair.rekey_ike(pair.left);
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- CREATE_CHILD_SA request 2 ---> right",
                                           "left  <--- CREATE_CHILD_SA response 2 --- right",
                                           "left  --- INFORMATIONAL request 3 ---> right",
                                           "left  <--- INFORMATIONAL response 3 --- right"));
  // Nobody who sends packets notices.
  EXPECT_THAT(pair.left.events, ElementsAre());
  EXPECT_THAT(pair.right.events, ElementsAre());
  const auto after = pair.left.status(pair.now);
  EXPECT_NE(after.spi_initiator, before.spi_initiator);
  EXPECT_EQ(after.spi_initiator, pair.right.status(pair.now).spi_initiator);
  EXPECT_EQ(after.ike_rekeys, 1u);
  // The new one begins with message 0, and its keys are good for a child.
  pair.forget();
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(12));
  EXPECT_EQ(pair.transcript.at(0), "left  --- CREATE_CHILD_SA request 0 ---> right");
  pair.expect_at_rest();
}

TEST(Rekey, WhoAnsweredTheFirstIkeSaMayRekeyIt) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_ike(pair.right);
  pair.run_for(Seconds(1));
  // RFC 7296 section 2.18: who rekeys is the initiator of what follows.
  EXPECT_EQ(pair.transcript.at(0), "left  <--- CREATE_CHILD_SA request 0 --- right");
  pair.rekey_ike(pair.left);
  pair.run_for(Seconds(1));
  EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 2u);
  EXPECT_EQ(pair.right.status(pair.now).ike_rekeys, 2u);
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(12));
  pair.expect_at_rest();
}

TEST(Rekey, SoftLifetimesByThemselves) {
  EstablishedPair pair;
  for (Site* site : {&pair.left, &pair.right}) {
    site->peer.rekey_time = Seconds(60);
    site->peer.ike_rekey_time = Seconds(200);
  }
  pair.establish();
  pair.run_for(Seconds(3600));
  ASSERT_TRUE(pair.run_until(
      [&] { return pair.left.children().size() == 1 && pair.right.children().size() == 1; }));
  pair.expect_children_match();
  const auto status = pair.left.status(pair.now);
  EXPECT_GE(status.child_rekeys, 60u);
  EXPECT_LE(status.child_rekeys, 70u);
  EXPECT_GE(status.ike_rekeys, 17u);
  EXPECT_LE(status.ike_rekeys, 21u);
  EXPECT_THAT(pair.left.all<PeerTrouble>(), SizeIs(0));
  EXPECT_THAT(pair.left.all<PeerEstablished>(), SizeIs(1));
}

TEST(Rekey, HardLimitRemovesAtOnceAndMakesAnew) {
  EstablishedPair pair;
  pair.establish();
  const Spi spi = pair.left.installed(ChildId(1))->sas.at(0).spi_in;
  pair.left.engine->handle_child_expired(spi, pair.now);
  pair.collect(pair.left);
  EXPECT_THAT(pair.left.events, ElementsAre("child 1 removed"));
  pair.run_for(Seconds(6));
  EXPECT_THAT(pair.left.events,
              ElementsAre("child 1 removed", "child 2 installed", "sending on 2"));
  EXPECT_THAT(pair.right.children(), SizeIs(1));
  pair.expect_at_rest();
}

TEST(Rekey, SoftLimitOfPacketsOrOctets) {
  EstablishedPair pair;
  pair.establish();
  const Spi spi = pair.right.installed(ChildId(1))->sas.at(0).spi_in;
  pair.right.engine->handle_child_expiring(spi, pair.now);
  pair.right.engine->handle_child_expiring(spi, pair.now);
  pair.collect(pair.right);
  pair.run_for(Seconds(6));
  EXPECT_EQ(pair.right.sending(), ChildId(2));
  EXPECT_EQ(pair.right.status(pair.now).child_rekeys, 1u);
  pair.expect_at_rest();
}

TEST(Rekey, LostAnswerIsRepeatedAndMakesNoSecondChild) {
  EstablishedPair pair;
  pair.establish();
  int left_to_lose = 3;
  pair.lose = [&](const Datagram& datagram) {
    return describe(datagram) == "CREATE_CHILD_SA response 2" && left_to_lose-- > 0;
  };
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(20));
  EXPECT_THAT(pair.right.all<ChildInstalled>(), SizeIs(2));
  EXPECT_THAT(pair.left.children(), SizeIs(1));
  EXPECT_THAT(pair.right.children(), SizeIs(1));
  pair.expect_at_rest();
}

TEST(Rekey, ResponderStaysOnTheOldChildUntilThePeerHasTheAnswer) {
  EstablishedPair pair;
  pair.establish();
  pair.keep_to_this_ike_sa();
  bool is_lost = true;
  pair.lose = [&](const Datagram& datagram) {
    return describe(datagram) == "CREATE_CHILD_SA response 2" && is_lost;
  };
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(30));
  // The left could not open what came on the new one.
  EXPECT_EQ(pair.right.sending(), ChildId(1));
  is_lost = false;
  pair.run_for(Seconds(30));
  EXPECT_EQ(pair.right.sending(), ChildId(2));
  pair.expect_at_rest();
}

TEST(Rekey, TerminatedPeerIsTold) {
  EstablishedPair pair;
  pair.establish();
  ASSERT_TRUE(pair.left.engine->terminate(PeerId(1), pair.now));
  pair.collect(pair.left);
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- INFORMATIONAL request 2 ---> right",
                                           "left  <--- INFORMATIONAL response 2 --- right"));
  EXPECT_THAT(pair.left.children(), SizeIs(0));
  EXPECT_THAT(pair.right.children(), SizeIs(0));
  EXPECT_EQ(pair.left.spis.in_use(), 0u);
  EXPECT_EQ(pair.right.spis.in_use(), 0u);
  EXPECT_THAT(pair.right.all<PeerLost>(), SizeIs(1));
}

}  // namespace
}  // namespace hawser
