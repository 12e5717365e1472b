// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/informational.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ike-lite/child_duties.h"
#include "ike-lite/child_sa_list.h"
#include "ike-lite/delete_exchanges.h"
#include "ike-lite/ike_duties.h"
#include "tests/ike-lite/scripted_peer.h"

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Message = ScriptedPeer::Message;

constexpr Spi kPeersSpi{0x0c000001};

IkePayloads delete_of(std::vector<Spi> spis) {
  IkePayloads payloads;
  payloads.deletes.push_back({.protocol = SecurityProtocol::kEsp, .spis = std::move(spis)});
  return payloads;
}

TEST(Informational, EmptyQuestionGetsAnEmptyAnswer) {
  ScriptedPeer peer;
  const Message answer = peer.ask(ExchangeType::kInformational, IkePayloads());
  EXPECT_THAT(answer.payloads.notifies, IsEmpty());
  EXPECT_THAT(answer.payloads.deletes, IsEmpty());
}

TEST(Informational, WhatIsUnknownIsIgnored) {
  ScriptedPeer peer;
  IkePayloads request;
  request.notifies.push_back({.type = 12345});
  request.notifies.push_back({.type = 54321, .data = {1, 2, 3}});
  request.deletes.push_back({.protocol = SecurityProtocol::kAh, .spis = {Spi(0x1234)}});
  const Message answer = peer.ask(ExchangeType::kInformational, request);
  EXPECT_THAT(answer.payloads.notifies, IsEmpty());
  EXPECT_THAT(answer.payloads.deletes, IsEmpty());
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kEstablished);
}

TEST(Informational, DeleteIsAnsweredWithTheOtherSpiAndAReplacementAskedFor) {
  ScriptedPeer peer;
  const Spi ours = peer.add_child(kPeersSpi);
  peer.events();
  const Message answer = peer.ask(ExchangeType::kInformational, delete_of({kPeersSpi}));
  ASSERT_THAT(answer.payloads.deletes, SizeIs(1));
  EXPECT_THAT(answer.payloads.deletes[0].spis, ElementsAre(ours));
  EXPECT_THAT(peer.events(), ElementsAre(testing::VariantWith<ChildDraining>(testing::_)));
  // The peer may bring a new one itself: not at once.
  EXPECT_FALSE(peer.sent());
  peer.run_for(Seconds(3));
  const std::optional<Message> request = peer.sent();
  ASSERT_TRUE(request && request->payloads.sa);
  EXPECT_EQ(request->payloads.find(NotifyType::kRekeySa), nullptr);
}

TEST(Informational, OfASetAllGo) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  ChildSa& child = peer.sa->children().front();
  child.spis_in.push_back(*peer.spis.allocate(1));
  child.spis_out.push_back(Spi(0x0c000002));
  const Message answer = peer.ask(ExchangeType::kInformational, delete_of({Spi(0x0c000002)}));
  ASSERT_THAT(answer.payloads.deletes, SizeIs(1));
  EXPECT_THAT(answer.payloads.deletes[0].spis, SizeIs(2));
  EXPECT_FALSE(has_live_child(*peer.sa));
}

TEST(Informational, ChildThatIsNotThereIsNotNamed) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  EXPECT_THAT(peer.ask(ExchangeType::kInformational, delete_of({Spi(0x0c00ffff)})).payloads.deletes,
              IsEmpty());
  peer.ask(ExchangeType::kInformational, delete_of({kPeersSpi}));
  // It drains, and was deleted before.
  EXPECT_THAT(peer.ask(ExchangeType::kInformational, delete_of({kPeersSpi})).payloads.deletes,
              IsEmpty());
}

TEST(Informational, DeletesThatCrossAreNotNamedTwice) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  request_child_delete(*peer.sa, peer.sa->children().front());
  peer.sa->handle_timeout(peer.now);
  const std::optional<Message> ours = peer.sent();
  ASSERT_TRUE(ours);
  EXPECT_THAT(peer.ask(ExchangeType::kInformational, delete_of({kPeersSpi})).payloads.deletes,
              IsEmpty());
  peer.answer(*ours, IkePayloads());
  peer.run_for(Seconds(6));
  EXPECT_EQ(find_child_by_spi_out(*peer.sa, kPeersSpi), nullptr);
}

TEST(Informational, EndOfTheIkeSa) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  IkePayloads request;
  request.deletes.push_back({.protocol = SecurityProtocol::kIke});
  const Message answer = peer.ask(ExchangeType::kInformational, request);
  EXPECT_THAT(answer.payloads.deletes, IsEmpty());
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kClosed);
  EXPECT_THAT(peer.sa->children(), IsEmpty());
  EXPECT_EQ(peer.spis.in_use(), 0u);
  peer.run_for(Seconds(11));
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kDead);
}

TEST(Informational, PeerThatCannotAuthenticateUsSaysSoAfterwards) {
  ScriptedPeer peer(false);
  peer.add_child(kPeersSpi);
  IkePayloads request;
  request.add_notify(NotifyType::kAuthenticationFailed);
  peer.ask(ExchangeType::kInformational, request);
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kClosed);
  EXPECT_THAT(peer.sa->reason(), testing::HasSubstr("AUTHENTICATION_FAILED"));
}

TEST(Informational, DeleteOfTheIkeSaThatNobodyAnswersHasAnEnd) {
  ScriptedPeer peer;
  request_ike_delete(*peer.sa, "enough", peer.now);
  peer.run_for(Seconds(31));
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kDead);
  EXPECT_EQ(peer.sa->reason(), "enough");
}

}  // namespace
}  // namespace hawser
