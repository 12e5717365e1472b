// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/established_pair.h"

// Both ends do something to the IKE SA at the same time, or one to it and one to a child
// (RFC 7296 sections 2.8.2 and 2.25.2).

namespace hawser {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

void rekey_both(EstablishedPair& pair) {
  pair.rekey_ike(pair.left);
  pair.rekey_ike(pair.right);
}

TEST(IkeRekeyCollision, BothRekeyAndTheLowestNonceLoses) {
  struct Row {
    std::uint8_t left_request;
    std::uint8_t right_response;
    std::uint8_t right_request;
    std::uint8_t left_response;
    bool left_wins;
  };
  for (const Row& row : {Row{0x10, 0x80, 0x40, 0x40, false}, Row{0x80, 0x10, 0x40, 0x40, false},
                         Row{0x40, 0x40, 0x10, 0x80, true}, Row{0x40, 0x40, 0x80, 0x10, true}}) {
    EstablishedPair pair;
    pair.establish();
    pair.left_random.first_octet = row.left_request;
    pair.right_random.first_octet = row.right_request;
    rekey_both(pair);
    pair.left_random.first_octet = row.left_response;
    pair.right_random.first_octet = row.right_response;
    pair.run_for(Seconds(20));
    EXPECT_THAT(pair.left.events, IsEmpty());
    EXPECT_THAT(pair.right.events, IsEmpty());
    pair.expect_at_rest();
    EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 1u);
    EXPECT_EQ(pair.right.status(pair.now).ike_rekeys, 1u);
    // The winner's initiator asks with the I flag: its first own request is number 0 again.
    pair.forget();
    pair.rekey_child(row.left_wins ? pair.left : pair.right);
    pair.run_for(Seconds(6));
    pair.expect_at_rest();
  }
}

TEST(IkeRekeyCollision, OneEndHearsOfTheOtherRekeyTooLate) {
  EstablishedPair pair;
  pair.establish();
  bool is_lost = true;
  pair.lose = [&](const Datagram& datagram) {
    return describe(datagram) == "CREATE_CHILD_SA request 2" && is_lost;
  };
  rekey_both(pair);
  pair.run_for(Milliseconds(200));
  is_lost = false;
  // What the left asked is forgotten: the old IKE SA is deleted.
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- CREATE_CHILD_SA request 2 ---> right (lost)",
                                           "left  <--- CREATE_CHILD_SA request 0 --- right",
                                           "left  --- CREATE_CHILD_SA response 0 ---> right",
                                           "left  <--- INFORMATIONAL request 1 --- right",
                                           "left  --- INFORMATIONAL response 1 ---> right"));
  pair.run_for(Seconds(20));
  pair.expect_at_rest();
  EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 1u);
}

TEST(IkeRekeyCollision, OldIkeSaIsBusyDying) {
  EstablishedPair pair;
  pair.establish();
  int requests = 0;
  pair.lose = [&](const Datagram& datagram) {
    const std::string what = describe(datagram);
    if (what == "CREATE_CHILD_SA request 2") return requests++ == 0;
    return what == "INFORMATIONAL request 1" && requests < 2;
  };
  rekey_both(pair);
  pair.run_for(Seconds(20));
  // TEMPORARY_FAILURE came before the Delete.
  EXPECT_THAT(pair.transcript, Contains("left  <--- CREATE_CHILD_SA response 2 --- right"));
  pair.expect_at_rest();
  EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 1u);
}

TEST(IkeRekeyCollision, LostAnswerMakesNoSecondIkeSa) {
  EstablishedPair pair;
  pair.establish();
  int to_lose = 3;
  pair.lose = [&](const Datagram& datagram) {
    return describe(datagram) == "CREATE_CHILD_SA response 2" && to_lose-- > 0;
  };
  pair.rekey_ike(pair.left);
  pair.run_for(Seconds(20));
  pair.expect_at_rest();
  EXPECT_EQ(pair.right.status(pair.now).ike_rekeys, 1u);
}

TEST(IkeRekeyCollision, ChildAndIkeSaAtTheSameTime) {
  for (const bool left_rekeys_child : {true, false}) {
    EstablishedPair pair;
    pair.establish();
    Site& one = left_rekeys_child ? pair.left : pair.right;
    Site& other = left_rekeys_child ? pair.right : pair.left;
    pair.rekey_child(one);
    pair.rekey_ike(other);
    pair.run_for(Milliseconds(500));
    // TEMPORARY_FAILURE at both ends, and nobody tries again at once.
    EXPECT_THAT(pair.transcript, SizeIs(4));
    EXPECT_THAT(pair.left.all<ChildInstalled>(), SizeIs(1));
    pair.run_for(Seconds(60));
    pair.expect_at_rest();
    EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 1u);
    EXPECT_EQ(pair.left.status(pair.now).child_rekeys, 1u);
  }
}

TEST(IkeRekeyCollision, IkeSaIsRekeyedWhileAChildIsDeleted) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_child(pair.left);
  // The Delete of the old child is under way.
  ASSERT_TRUE(pair.run_until([&] { return pair.transcript.size() == 3; }));
  pair.rekey_ike(pair.right);
  pair.run_for(Seconds(60));
  pair.expect_at_rest();
  EXPECT_EQ(pair.left.status(pair.now).ike_rekeys, 1u);
}

TEST(IkeRekeyCollision, RekeyOfAnIkeSaThatThePeerEnds) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_ike(pair.right);
  ASSERT_TRUE(pair.left.engine->terminate(PeerId(1), pair.now));
  pair.collect(pair.left);
  pair.run_for(Seconds(60));
  for (const Site* site : {&pair.left, &pair.right}) {
    EXPECT_EQ(site->engine->counters().ike_sas, 0u);
    EXPECT_EQ(site->spis.in_use(), 0u);
    EXPECT_THAT(site->all<PeerLost>(), SizeIs(1));
  }
}

TEST(IkeRekeyCollision, BothEndTheIkeSa) {
  EstablishedPair pair;
  pair.establish();
  for (Site* site : {&pair.left, &pair.right}) {
    ASSERT_TRUE(site->engine->terminate(PeerId(1), pair.now));
    pair.collect(*site);
  }
  pair.run_for(Seconds(60));
  for (const Site* site : {&pair.left, &pair.right}) {
    EXPECT_EQ(site->engine->counters().ike_sas, 0u);
    EXPECT_EQ(site->spis.in_use(), 0u);
    EXPECT_THAT(site->all<PeerLost>(), SizeIs(1));
  }
}

}  // namespace
}  // namespace hawser
