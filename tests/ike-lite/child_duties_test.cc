// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/child_duties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ike-lite/delete_exchanges.h"
#include "tests/ike-lite/child_payloads.h"

namespace hawser {
namespace {

using testing::SizeIs;
using Message = ScriptedPeer::Message;

// Something that waits behind an outstanding request.
Message outstanding_update(ScriptedPeer& peer) {
  request_address_update(*peer.sa, peer.now);
  peer.sa->handle_timeout(peer.now);
  std::optional<Message> update = peer.sent();
  EXPECT_TRUE(update);
  return update ? std::move(*update) : Message();
}

IkePayloads cookie_of(const Message& update) {
  IkePayloads answer;
  answer.add_notify(NotifyType::kCookie2, update.payloads.find(NotifyType::kCookie2)->data);
  return answer;
}

TEST(ChildDuties, PeerThatForgetsToDeleteWhatItRekeyed) {
  ScriptedPeer peer;
  peer.config.interop = true;
  peer.add_child(kPeersSpi);
  peer.ask(ExchangeType::kCreateChildSa, without_key_exchange(foreign_request(peer, kPeersSpi)));
  peer.run_for(Seconds(30));
  // It may not have our answer.
  EXPECT_EQ(state_of(peer, kPeersSpi), ChildSa::State::kSending);
  // With one request at a time (RFC 7296 section 2.3) any other shows that it has.
  peer.ask(ExchangeType::kInformational, IkePayloads());
  peer.run_for(Seconds(3));
  EXPECT_EQ(state_of(peer, kNewSpi), ChildSa::State::kSending);
  EXPECT_FALSE(peer.sent());
  // In the end we delete the old one.
  peer.run_for(Seconds(60));
  const std::optional<Message> end = peer.sent();
  ASSERT_TRUE(end && !end->payloads.deletes.empty());
  peer.answer(*end, IkePayloads());
  peer.run_for(Seconds(6));
  EXPECT_THAT(peer.sa->children(), SizeIs(1));
}

TEST(ChildDuties, HawserThatAsksForANewOneHasLostTheOthers) {
  for (const bool is_hawser : {false, true}) {
    ScriptedPeer peer;
    peer.sa->facts().is_hawser = is_hawser;
    peer.config.interop = true;
    peer.add_child(kPeersSpi);
    peer.ask(ExchangeType::kCreateChildSa,
             without_key_exchange(foreign_request(peer, std::nullopt)));
    // Others may have several children on purpose.
    EXPECT_EQ(state_of(peer, kNewSpi) == ChildSa::State::kSending, is_hawser);
  }
}

TEST(ChildDuties, RekeyThatWaitsIsDroppedWhenThePeerWasFaster) {
  ScriptedPeer peer;
  peer.config.interop = true;
  peer.add_child(kPeersSpi);
  const Message update = outstanding_update(peer);
  request_child_rekey(*peer.sa, peer.sa->children().front().id, peer.now);
  peer.ask(ExchangeType::kCreateChildSa, without_key_exchange(foreign_request(peer, kPeersSpi)));
  peer.answer(update, cookie_of(update));
  EXPECT_FALSE(peer.sent());
  EXPECT_THAT(peer.sa->children(), SizeIs(2));
}

TEST(ChildDuties, DeleteThatWaitsIsDroppedWhenThePeerWasFaster) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  const Message update = outstanding_update(peer);
  request_child_delete(*peer.sa, peer.sa->children().front());
  IkePayloads end;
  end.deletes.push_back({.protocol = SecurityProtocol::kEsp, .spis = {kPeersSpi}});
  const Message answer = peer.ask(ExchangeType::kInformational, end);
  // Ours was not sent, so that this is no crossing.
  EXPECT_THAT(answer.payloads.deletes, SizeIs(1));
  peer.answer(update, cookie_of(update));
  const std::optional<Message> next = peer.sent();
  EXPECT_TRUE(!next || next->payloads.deletes.empty());
}

TEST(ChildDuties, HardLimitOfTheOldChildBeforeItIsDeleted) {
  ScriptedPeer peer;
  peer.config.interop = true;
  peer.add_child(kPeersSpi);
  const ChildId old = peer.sa->children().front().id;
  peer.ask(ExchangeType::kCreateChildSa, without_key_exchange(foreign_request(peer, kPeersSpi)));
  drop_child(*peer.sa, old, peer.now);
  EXPECT_EQ(state_of(peer, kNewSpi), ChildSa::State::kSending);
}

TEST(ChildDuties, SurplusChildrenOfAHawserGoInTheEnd) {
  for (const bool is_hawser : {false, true}) {
    ScriptedPeer peer;
    peer.sa->facts().is_hawser = is_hawser;
    peer.add_child(kPeersSpi);
    peer.add_child(kNewSpi);
    for (ChildSa& child : peer.sa->children()) child.state = ChildSa::State::kInstalled;
    set_children_timer(*peer.sa);
    peer.run_for(Seconds(100));
    // Who made it had time to delete it.
    const std::optional<Message> end = peer.sent();
    EXPECT_EQ(end.has_value(), is_hawser);
    if (is_hawser) {
      EXPECT_EQ(state_of(peer, kNewSpi), ChildSa::State::kSending);
    }
  }
}

}  // namespace
}  // namespace hawser
