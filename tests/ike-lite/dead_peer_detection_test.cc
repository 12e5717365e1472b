// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/established_pair.h"

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(DeadPeerDetection, AsksAfterSilenceAndIsAnswered) {
  EstablishedPair pair;
  pair.left.peer.dead_peer_interval = Seconds(30);
  pair.establish();
  pair.run_for(Seconds(26));
  EXPECT_THAT(pair.transcript, IsEmpty());
  pair.run_for(Seconds(5));
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- INFORMATIONAL request 2 ---> right",
                                           "left  <--- INFORMATIONAL response 2 --- right"));
  pair.run_for(Seconds(300));
  // An exchange every 27 to 30 seconds.
  EXPECT_GE(pair.transcript.size(), 2u * 11);
  EXPECT_LE(pair.transcript.size(), 2u * 13);
  pair.expect_at_rest();
}

TEST(DeadPeerDetection, WhoIsHeardIsNotAsked) {
  EstablishedPair pair;
  pair.left.peer.dead_peer_interval = Seconds(30);
  pair.establish();
  for (int i = 0; i < 100; ++i) {
    pair.run_for(Seconds(10));
    // An authentic packet of a child SA.
    pair.left.engine->handle_peer_heard(PeerId(1), pair.now);
  }
  EXPECT_THAT(pair.transcript, IsEmpty());
}

TEST(DeadPeerDetection, QuestionOfThePeerIsASignOfLife) {
  EstablishedPair pair;
  pair.left.peer.dead_peer_interval = Seconds(30);
  pair.right.peer.dead_peer_interval = Seconds(10);
  pair.establish();
  pair.run_for(Seconds(100));
  EXPECT_THAT(pair.transcript, testing::Each(testing::AnyOf(
                                   testing::HasSubstr("left  <--- INFORMATIONAL request"),
                                   testing::HasSubstr("left  --- INFORMATIONAL response"))));
}

TEST(DeadPeerDetection, SurvivesFiveMinutesAndThenBeginsAnew) {
  EstablishedPair pair;
  pair.left.peer.dead_peer_interval = Seconds(30);
  pair.right.peer.dead_peer_interval = Seconds(30);
  pair.establish();
  pair.lose = [](const Datagram&) { return true; };
  pair.run_for(Seconds(300));
  EXPECT_THAT(pair.left.all<PeerLost>(), IsEmpty());
  EXPECT_THAT(pair.right.all<PeerLost>(), IsEmpty());
  // Within that time all is as before when the network comes back.
  pair.lose = nullptr;
  pair.run_for(Seconds(30));
  pair.expect_at_rest();
  EXPECT_THAT(pair.left.all<PeerEstablished>(), SizeIs(1));

  pair.lose = [](const Datagram&) { return true; };
  pair.run_for(Seconds(345));
  EXPECT_THAT(pair.left.all<PeerLost>(), SizeIs(1));
  EXPECT_THAT(pair.right.all<PeerLost>(), SizeIs(1));
  EXPECT_THAT(pair.left.children(), IsEmpty());
  pair.lose = nullptr;
  ASSERT_TRUE(pair.run_until_established());
  pair.run_for(Seconds(20));
  pair.expect_at_rest();
}

TEST(DeadPeerDetection, LinkThatComesUpIsNoticedAtOnce) {
  EstablishedPair pair;
  pair.left.peer.dead_peer_interval = Seconds(30);
  pair.establish();
  pair.lose = [](const Datagram&) { return true; };
  pair.run_for(Seconds(200));
  pair.lose = nullptr;
  pair.forget();
  pair.left.engine->handle_link_change(pair.now);
  pair.collect(pair.left);
  pair.run_for(Milliseconds(100));
  EXPECT_THAT(pair.transcript,
              testing::Contains(testing::HasSubstr("left  <--- INFORMATIONAL response")));
}

}  // namespace
}  // namespace hawser
