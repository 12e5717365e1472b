// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ike-lite/ike_duties.h"
#include "ike-lite/nat_detection.h"
#include "tests/ike-lite/established_pair.h"
#include "tests/ike-lite/scripted_peer.h"

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

void move_left(EstablishedPair& pair, std::string_view address) {
  pair.left.address = *IpAddress::parse(address);
  pair.left.engine->handle_link_change(pair.now);
  pair.collect(pair.left);
}

TEST(Mobike, InitiatorMovesAndIsCheckedBeforeItsChildrenFollow) {
  EstablishedPair pair;
  pair.establish();
  move_left(pair, "198.51.100.7");
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- INFORMATIONAL request 2 ---> right",
                                           "left  <--- INFORMATIONAL response 2 --- right",
                                           "left  <--- INFORMATIONAL request 0 --- right",
                                           "left  --- INFORMATIONAL response 0 ---> right"));
  EXPECT_THAT(pair.right.events, ElementsAre("path 198.51.100.7:4500"));
  EXPECT_THAT(pair.left.events, ElementsAre("path 192.0.2.2:4500"));
  // What the right end asks next finds the left one.
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(6));
  pair.expect_at_rest();
}

TEST(Mobike, OutstandingRequestGoesOutAgainFromTheNewAddress) {
  EstablishedPair pair;
  pair.establish();
  pair.lose = [&](const Datagram& datagram) {
    return datagram.addresses.local.address == *IpAddress::parse("192.0.2.1");
  };
  pair.rekey_child(pair.left);
  pair.run_for(Milliseconds(100));
  move_left(pair, "198.51.100.7");
  pair.run_for(Milliseconds(100));
  EXPECT_EQ(pair.left.sending(), ChildId(2));
  EXPECT_THAT(pair.right.all<PeerPathChanged>(), SizeIs(1));
  pair.run_for(Seconds(6));
  pair.expect_at_rest();
}

TEST(Mobike, WhoFollowsAsksAgainAtOnce) {
  EstablishedPair pair;
  pair.establish();
  pair.keep_to_this_ike_sa();
  pair.lose = [&](const Datagram& datagram) {
    return datagram.addresses.remote.address == *IpAddress::parse("192.0.2.1");
  };
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(25));
  move_left(pair, "198.51.100.7");
  pair.run_for(Milliseconds(100));
  EXPECT_EQ(pair.right.sending(), ChildId(2));
}

TEST(Mobike, MessageFromANewAddressAloneChangesNothing) {
  EstablishedPair pair;
  pair.left.peer.dead_peer_interval = Seconds(10);
  pair.establish();
  // strongSwan probes paths like this, before it decides for one.
  std::vector<AddressPair> answers;
  pair.change = [&](Datagram& datagram) {
    const TransportAddress probe{*IpAddress::parse("198.51.100.9"), 4500};
    if (datagram.from == "left") datagram.addresses.local = probe;
    if (datagram.from == "right") answers.push_back(datagram.addresses);
  };
  pair.run_for(Seconds(11));
  ASSERT_THAT(answers, testing::Not(IsEmpty()));
  EXPECT_EQ(answers[0].remote.address.to_string(), "198.51.100.9");
  EXPECT_THAT(pair.right.events, IsEmpty());
  pair.change = nullptr;
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(6));
  pair.expect_at_rest();
}

TEST(Mobike, AddressThatChangesAgainBeforeTheAnswer) {
  EstablishedPair pair;
  pair.establish();
  move_left(pair, "198.51.100.7");
  pair.run_for(Milliseconds(5));
  move_left(pair, "198.51.100.8");
  pair.run_for(Seconds(3));
  // The last one counts, and the end that moved says so but once.
  ASSERT_FALSE(pair.right.events.empty());
  EXPECT_EQ(pair.right.events.back(), "path 198.51.100.8:4500");
  EXPECT_THAT(pair.left.events, SizeIs(1));
  pair.rekey_child(pair.right);
  pair.run_for(Seconds(6));
  pair.expect_at_rest();
}

TEST(Mobike, FromAnAddressThatDoesNotAnswerNoChildIsServed) {
  EstablishedPair pair;
  pair.establish();
  // Who stands on the path writes another source into the update.
  pair.change = [](Datagram& datagram) {
    if (datagram.from == "left") {
      datagram.addresses.local.address = *IpAddress::parse("203.0.113.5");
    }
  };
  move_left(pair, "198.51.100.7");
  pair.run_for(Seconds(60));
  EXPECT_THAT(pair.right.all<PeerPathChanged>(), IsEmpty());
}

TEST(Mobike, MovesWithTheIkeSaThatReplacesTheFirst) {
  EstablishedPair pair;
  pair.establish();
  // RFC 4555 section 3.5: who began the first one moves, whoever rekeyed it.
  pair.rekey_ike(pair.right);
  pair.run_for(Seconds(1));
  pair.forget();
  move_left(pair, "198.51.100.7");
  pair.right.engine->handle_link_change(pair.now);
  pair.collect(pair.right);
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.right.events, ElementsAre("path 198.51.100.7:4500"));
  EXPECT_THAT(pair.left.events, SizeIs(1));
}

ScriptedPeer::Message update_of(ScriptedPeer& peer) {
  request_address_update(*peer.sa, peer.now);
  peer.sa->handle_timeout(peer.now);
  std::optional<ScriptedPeer::Message> update = peer.sent();
  EXPECT_TRUE(update && update->payloads.find(NotifyType::kUpdateSaAddresses) != nullptr);
  return update ? std::move(*update) : ScriptedPeer::Message();
}

TEST(Mobike, AnswerWithoutItsCookieEndsTheIkeSa) {
  for (const bool is_wrong : {false, true}) {
    ScriptedPeer peer;
    const ScriptedPeer::Message update = update_of(peer);
    ASSERT_NE(update.payloads.find(NotifyType::kCookie2), nullptr);
    IkePayloads answer;
    if (is_wrong) {
      std::vector<std::uint8_t> cookie = update.payloads.find(NotifyType::kCookie2)->data;
      cookie.back() ^= 1;
      answer.add_notify(NotifyType::kCookie2, cookie);
    }
    peer.answer(update, answer);
    EXPECT_EQ(peer.sa->state(), IkeSa::State::kDeleting);
    const std::optional<ScriptedPeer::Message> end = peer.sent();
    ASSERT_TRUE(end);
    EXPECT_THAT(end->payloads.deletes, SizeIs(1));
  }
}

TEST(Mobike, RefusedAddressIsOfferedAgainAMinuteLater) {
  ScriptedPeer peer;
  const ScriptedPeer::Message update = update_of(peer);
  IkePayloads answer;
  answer.add_notify(NotifyType::kUnacceptableAddresses);
  peer.answer(update, answer);
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kEstablished);
  EXPECT_THAT(peer.events(), SizeIs(1));
  peer.run_for(Seconds(50));
  EXPECT_FALSE(peer.sent());
  peer.run_for(Seconds(11));
  EXPECT_TRUE(peer.sent());
}

TEST(Mobike, OnlyTheEndThatBeganMoves) {
  // The peer did not begin: its update says nothing.
  ScriptedPeer peer(true);
  peer.path.remote.address = *IpAddress::parse("198.51.100.7");
  IkePayloads update;
  update.add_notify(NotifyType::kUpdateSaAddresses);
  update.add_notify(NotifyType::kCookie2, {1, 2, 3, 4, 5, 6, 7, 8});
  const ScriptedPeer::Message answer = peer.ask(ExchangeType::kInformational, update);
  EXPECT_EQ(answer.payloads.find(NotifyType::kCookie2)->data, update.notifies.back().data);
  EXPECT_EQ(peer.sa->facts().path.remote.address.to_string(), "192.0.2.2");
  EXPECT_FALSE(peer.sent());
}

TEST(Mobike, QuestionOfLifeIsAnsweredWithWhatNatDetectionNeeds) {
  ScriptedPeer peer(false);
  IkePayloads question;
  add_nat_detection(question, peer.sa->spis(),
                    {.local = peer.path.remote, .remote = peer.path.local});
  const ScriptedPeer::Message answer = peer.ask(ExchangeType::kInformational, question);
  const std::optional<NatVerdict> verdict = detect_nat(
      answer.payloads, peer.sa->spis(), {.local = peer.path.remote, .remote = peer.path.local});
  EXPECT_EQ(verdict, NatVerdict());
}

TEST(Mobike, NatWhereThePeerWantsNone) {
  for (const bool is_translated : {false, true}) {
    ScriptedPeer peer(false);
    peer.path.remote.address = *IpAddress::parse("198.51.100.7");
    IkePayloads update;
    update.add_notify(NotifyType::kUpdateSaAddresses);
    const std::uint8_t last = is_translated ? 8 : 7;
    update.add_notify(NotifyType::kNoNatsAllowed,
                      {198, 51, 100, last, 192, 0, 2, 1, 0x11, 0x94, 0x11, 0x94});
    const ScriptedPeer::Message answer = peer.ask(ExchangeType::kInformational, update);
    EXPECT_EQ(answer.payloads.find(NotifyType::kUnexpectedNatDetected) != nullptr, is_translated);
    EXPECT_EQ(peer.sent().has_value(), !is_translated);  // the check of the address
  }
}

}  // namespace
}  // namespace hawser
