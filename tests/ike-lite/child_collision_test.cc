// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/established_pair.h"

// Both ends do something to the same child at the same time (RFC 7296 sections 2.8.1 and 2.25.1).
// The wire takes 10 ms, so that what both begin in the same instant crosses.

namespace hawser {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// First octets of the four nonces of two rekeys that cross.
struct Nonces {
  std::uint8_t left_request;
  std::uint8_t right_response;
  std::uint8_t right_request;
  std::uint8_t left_response;
  const Site& winner(const EnginePair& pair) const {
    return std::min(left_request, right_response) > std::min(right_request, left_response)
               ? pair.left
               : pair.right;
  }
};
constexpr Nonces kAllOrders[] = {
    {0x10, 0x80, 0x40, 0x40},  // the lowest in the request of the left: the right one wins
    {0x80, 0x10, 0x40, 0x40},  // in the answer to it
    {0x40, 0x40, 0x10, 0x80},  // in the request of the right: the left one wins
    {0x40, 0x40, 0x80, 0x10},
};

void rekey_both(EstablishedPair& pair, const Nonces& nonces) {
  pair.left_random.first_octet = nonces.left_request;
  pair.right_random.first_octet = nonces.right_request;
  pair.rekey_child(pair.left);
  pair.rekey_child(pair.right);
  pair.left_random.first_octet = nonces.left_response;
  pair.right_random.first_octet = nonces.right_response;
}

TEST(ChildCollision, BothRekeyAndTheLowestNonceLoses) {
  for (const Nonces& nonces : kAllOrders) {
    EstablishedPair pair;
    pair.establish();
    rekey_both(pair, nonces);
    pair.run_for(Seconds(6));
    EXPECT_THAT(pair.transcript, ElementsAre("left  --- CREATE_CHILD_SA request 2 ---> right",
                                             "left  <--- CREATE_CHILD_SA request 0 --- right",
                                             "left  <--- CREATE_CHILD_SA response 2 --- right",
                                             "left  --- CREATE_CHILD_SA response 0 ---> right",
                                             // One deletes what it made, one the old child.
                                             "left  --- INFORMATIONAL request 3 ---> right",
                                             "left  <--- INFORMATIONAL request 1 --- right",
                                             "left  <--- INFORMATIONAL response 3 --- right",
                                             "left  --- INFORMATIONAL response 1 ---> right"));
    pair.expect_at_rest();
    // Each end makes the peer's child first (2), then its own (3).
    const bool left_wins = &nonces.winner(pair) == &pair.left;
    EXPECT_EQ(pair.left.sending(), ChildId(left_wins ? 3 : 2));
    EXPECT_EQ(pair.right.sending(), ChildId(left_wins ? 2 : 3));
    // Nobody ever sent on the loser.
    EXPECT_THAT(pair.left.all<ChildSending>(), SizeIs(2));
    EXPECT_THAT(pair.right.all<ChildSending>(), SizeIs(2));
  }
}

TEST(ChildCollision, NothingOldMakesASecondChildAfterwards) {
  EstablishedPair pair;
  pair.establish();
  std::vector<Datagram> seen;
  pair.change = [&](Datagram& datagram) { seen.push_back(datagram); };
  rekey_both(pair, kAllOrders[0]);
  pair.run_for(Seconds(6));
  pair.change = nullptr;
  ASSERT_THAT(seen, SizeIs(8));
  pair.change = nullptr;
  pair.forget();
  for (const Datagram& old : seen) {
    Site& to = old.from == "left" ? pair.right : pair.left;
    pair.deliver(to, {.local = old.addresses.remote, .remote = old.addresses.local}, old.bytes);
  }
  pair.run_for(Seconds(6));
  EXPECT_THAT(pair.left.events, IsEmpty());
  EXPECT_THAT(pair.right.events, IsEmpty());
  pair.expect_at_rest();
}

TEST(ChildCollision, OneEndHearsOfTheOtherRekeyTooLate) {
  EstablishedPair pair;
  pair.establish();
  // RFC 7296 section 2.8.1, the second drawing: the request is lost until the other end is done.
  bool is_lost = true;
  pair.lose = [&](const Datagram& datagram) {
    return describe(datagram) == "CREATE_CHILD_SA request 2" && is_lost;
  };
  rekey_both(pair, kAllOrders[0]);
  pair.run_for(Milliseconds(200));
  is_lost = false;
  pair.run_for(Seconds(6));
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- CREATE_CHILD_SA request 2 ---> right (lost)",
                                           "left  <--- CREATE_CHILD_SA request 0 --- right",
                                           "left  --- CREATE_CHILD_SA response 0 ---> right",
                                           "left  <--- INFORMATIONAL request 1 --- right",
                                           "left  --- INFORMATIONAL response 1 ---> right",
                                           // CHILD_SA_NOT_FOUND.
                                           "left  --- CREATE_CHILD_SA request 2 ---> right",
                                           "left  <--- CREATE_CHILD_SA response 2 --- right"));
  EXPECT_THAT(pair.left.all<ChildInstalled>(), SizeIs(2));
  pair.expect_at_rest();
}

TEST(ChildCollision, RekeyOfAChildThatIsBeingDeleted) {
  EstablishedPair pair;
  pair.establish();
  int requests = 0;
  pair.lose = [&](const Datagram& datagram) {
    const std::string what = describe(datagram);
    if (what == "CREATE_CHILD_SA request 2") return requests++ == 0;
    return what == "INFORMATIONAL request 1" && requests < 2;
  };
  rekey_both(pair, kAllOrders[3]);
  ASSERT_TRUE(pair.run_until([&] {
    return std::ranges::count(pair.transcript, "left  <--- CREATE_CHILD_SA response 2 --- right");
  }));
  // TEMPORARY_FAILURE is on its way, and the Delete has not come yet: the left has both children.
  EXPECT_THAT(pair.right.all<ChildInstalled>(), SizeIs(2));
  EXPECT_EQ(pair.left.sending(), ChildId(1));
  pair.run_for(Seconds(30));
  // It is not tried again: the peer's child has come.
  EXPECT_THAT(pair.left.all<ChildInstalled>(), SizeIs(2));
  EXPECT_THAT(pair.right.all<ChildInstalled>(), SizeIs(2));
  pair.expect_at_rest();
}

TEST(ChildCollision, RekeyOfAChildWhoseHardLimitThePeerReaches) {
  EstablishedPair pair;
  pair.establish();
  pair.rekey_child(pair.left);
  const Spi spi = pair.right.installed(ChildId(1))->sas.at(0).spi_in;
  pair.right.engine->handle_child_expired(spi, pair.now);
  pair.collect(pair.right);
  pair.run_for(Seconds(70));
  pair.expect_at_rest();
}

TEST(ChildCollision, BothReachTheHardLimit) {
  for (const Nonces& nonces : kAllOrders) {
    EstablishedPair pair;
    pair.establish();
    pair.left_random.first_octet = nonces.left_request;
    pair.right_random.first_octet = nonces.right_request;
    for (Site* site : {&pair.left, &pair.right}) {
      const Spi spi = site->installed(ChildId(1))->sas.at(0).spi_in;
      site->engine->handle_child_expired(spi, pair.now);
      pair.collect(*site);
    }
    pair.left_random.first_octet = nonces.left_response;
    pair.right_random.first_octet = nonces.right_response;
    pair.run_for(Seconds(70));
    pair.expect_at_rest();
    const bool left_wins = &nonces.winner(pair) == &pair.left;
    EXPECT_EQ(pair.left.sending(), ChildId(left_wins ? 3 : 2));
  }
}

TEST(ChildCollision, PeerForgotTheChild) {
  EstablishedPair pair;
  pair.establish();
  // Its new child and its Delete do not get through.
  bool is_lost = true;
  pair.lose = [&](const Datagram& datagram) {
    return describe(datagram) == "CREATE_CHILD_SA request 0" && is_lost;
  };
  const Spi spi = pair.right.installed(ChildId(1))->sas.at(0).spi_in;
  pair.right.engine->handle_child_expired(spi, pair.now);
  pair.collect(pair.right);
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(3));
  // CHILD_SA_NOT_FOUND: away with it, and a new one.
  EXPECT_THAT(pair.transcript, Contains("left  --- CREATE_CHILD_SA request 3 ---> right"));
  EXPECT_THAT(pair.left.events,
              ElementsAre("child 1 removed", "child 2 installed", "sending on 2"));
  is_lost = false;
  pair.run_for(Seconds(70));
  pair.expect_at_rest();
}

TEST(ChildCollision, PeerHasNoRoomForAWhile) {
  EstablishedPair pair;
  pair.establish();
  pair.right.spis.set_room(1);
  pair.rekey_child(pair.left);
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.left.events, ElementsAre("trouble: the peer allows no further child SA "
                                            "(NO_ADDITIONAL_SAS)"));
  pair.expect_at_rest();
  pair.right.spis.set_room(100);
  pair.run_for(Seconds(70));
  EXPECT_EQ(pair.left.sending(), ChildId(2));
  pair.expect_at_rest();
}

TEST(ChildCollision, PeerRefusesWhatWouldBeTheOnlyChild) {
  EstablishedPair pair;
  pair.establish();
  pair.right.spis.set_room(0);
  const Spi spi = pair.left.installed(ChildId(1))->sas.at(0).spi_in;
  pair.left.engine->handle_child_expired(spi, pair.now);
  pair.collect(pair.left);
  pair.run_for(Seconds(1));
  pair.right.spis.set_room(100);
  // RFC 7296 section 1.3: an IKE SA from the beginning, then.
  EXPECT_THAT(pair.left.all<PeerLost>(), SizeIs(1));
  pair.run_for(Seconds(70));
  pair.expect_at_rest();
}

}  // namespace
}  // namespace hawser
