// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/create_child_sa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ike-lite/delete_exchanges.h"
#include "ike-lite/ike_duties.h"
#include "tests/ike-lite/child_payloads.h"

// What a peer may answer or ask that a Hawser would not.

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Message = ScriptedPeer::Message;

TEST(CreateChildSa, OfTwoProposalsTheOneThatFitsIsTaken) {
  ScriptedPeer peer;
  peer.config.interop = true;
  peer.add_child(kPeersSpi);
  // Without a KE payload the first proposal's group is demanded (RFC 7296 section 1.3).
  const Message answer = peer.ask(ExchangeType::kCreateChildSa, foreign_request(peer, kPeersSpi));
  ASSERT_TRUE(says(answer, NotifyType::kInvalidKePayload));
  EXPECT_THAT(answer.payloads.find(NotifyType::kInvalidKePayload)->data, ElementsAre(0, 31));
  EXPECT_THAT(peer.sa->children(), SizeIs(1));

  IkePayloads request = foreign_request(peer, kPeersSpi);
  auto exchange = KeyExchange::generate(KeyExchangeGroup::kX25519, peer.random);
  request.key_exchange = KeyExchangePayload{
      .group = kGroupX25519,
      .data = {(*exchange)->public_value().begin(), (*exchange)->public_value().end()}};
  const Message made = peer.ask(ExchangeType::kCreateChildSa, request);
  ASSERT_TRUE(made.payloads.sa);
  EXPECT_EQ(made.payloads.sa->proposals.front().number, 1);
  ASSERT_TRUE(made.payloads.key_exchange);
  EXPECT_EQ(made.payloads.ts_initiator->selectors, peer.config.remote);
  EXPECT_THAT(peer.sa->children(), SizeIs(2));
}

TEST(CreateChildSa, ProposalWithoutKeyExchangeIsTakenWhenItIsTheOnlyOne) {
  ScriptedPeer peer;
  peer.config.interop = true;
  IkePayloads request = foreign_request(peer, std::nullopt);
  request.sa->proposals.erase(request.sa->proposals.begin());
  request.sa->proposals.front().number = 1;
  const Message answer = peer.ask(ExchangeType::kCreateChildSa, request);
  EXPECT_TRUE(answer.payloads.sa);
  EXPECT_FALSE(answer.payloads.key_exchange);
  ASSERT_THAT(peer.sa->children(), SizeIs(1));
  // There is no other: it is sent on at once.
  EXPECT_EQ(peer.sa->children().front().state, ChildSa::State::kSending);
}

TEST(CreateChildSa, AnswerThatComesAfterTheEndOfItsChild) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  const Message request = rekey_request_of(peer);
  const IkePayloads answer = good_answer(peer, request);
  // The answer is lost; the peer deletes both, with our request still outstanding.
  IkePayloads end;
  end.deletes.push_back({.protocol = SecurityProtocol::kEsp, .spis = {kNewSpi, kPeersSpi}});
  peer.ask(ExchangeType::kInformational, end);
  peer.answer(request, answer);
  EXPECT_EQ(state_of(peer, kNewSpi), ChildSa::State::kDraining);
  EXPECT_EQ(state_of(peer, kPeersSpi), ChildSa::State::kDraining);
  // And a new one, from scratch.
  const std::optional<Message> next = peer.sent();
  ASSERT_TRUE(next && next->payloads.sa);
  EXPECT_FALSE(says(*next, NotifyType::kRekeySa));
}

TEST(CreateChildSa, GoodAnswerMovesTheTrafficAndDeletesTheOldChild) {
  ScriptedPeer peer;
  const Spi old = peer.add_child(kPeersSpi);
  const Message request = rekey_request_of(peer);
  EXPECT_EQ(request.payloads.find(NotifyType::kRekeySa)->spi, octets_of(old));
  peer.answer(request, good_answer(peer, request));
  EXPECT_EQ(state_of(peer, kNewSpi), ChildSa::State::kSending);
  EXPECT_EQ(state_of(peer, kPeersSpi), ChildSa::State::kDraining);
  const std::optional<Message> end = peer.sent();
  ASSERT_TRUE(end);
  ASSERT_THAT(end->payloads.deletes, SizeIs(1));
  EXPECT_THAT(end->payloads.deletes[0].spis, ElementsAre(old));
}

TEST(CreateChildSa, PeerThatIsBusyNowAndThenIsNotMad) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  Message request = rekey_request_of(peer);
  peer.answer(request, only(NotifyType::kTemporaryFailure));
  peer.run_for(*peer.sa->next_timeout() - peer.now);
  request = *peer.sent();
  peer.answer(request, good_answer(peer, request));
  const Message end = *peer.sent();
  peer.answer(end, IkePayloads());
  peer.run_for(Seconds(400));
  request = rekey_request_of(peer);
  peer.answer(request, only(NotifyType::kTemporaryFailure));
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kEstablished);
}

TEST(CreateChildSa, UnknownChildIsNamedInTheAnswer) {
  ScriptedPeer peer;
  const Message answer =
      peer.ask(ExchangeType::kCreateChildSa, foreign_request(peer, Spi(0x0c00ffff)));
  const NotifyPayload* notify = answer.payloads.find(NotifyType::kChildSaNotFound);
  ASSERT_NE(notify, nullptr);
  EXPECT_EQ(notify->protocol, SecurityProtocol::kEsp);
  EXPECT_EQ(notify->spi, octets_of(Spi(0x0c00ffff)));
}

TEST(CreateChildSa, RequestWithoutNonceOrProposal) {
  ScriptedPeer peer;
  IkePayloads request = foreign_request(peer, std::nullopt);
  request.nonce.reset();
  EXPECT_TRUE(says(peer.ask(ExchangeType::kCreateChildSa, request), NotifyType::kInvalidSyntax));
  EXPECT_TRUE(
      says(peer.ask(ExchangeType::kCreateChildSa, IkePayloads()), NotifyType::kInvalidSyntax));
  EXPECT_THAT(peer.sa->children(), IsEmpty());
}

TEST(CreateChildSa, InvalidKeyExchangeOfThePeer) {
  ScriptedPeer peer;
  IkePayloads request = foreign_request(peer, std::nullopt);
  request.key_exchange =
      KeyExchangePayload{.group = kGroupX25519, .data = std::vector<std::uint8_t>(32)};
  EXPECT_TRUE(says(peer.ask(ExchangeType::kCreateChildSa, request), NotifyType::kNoProposalChosen));
  EXPECT_THAT(peer.sa->children(), IsEmpty());
  EXPECT_EQ(peer.spis.in_use(), 0u);
}

TEST(CreateChildSa, PeerWithTooManyChildren) {
  ScriptedPeer peer;
  for (std::uint32_t i = 0; i < 16; ++i) peer.add_child(Spi(0x0d000000 + i));
  EXPECT_TRUE(says(peer.ask(ExchangeType::kCreateChildSa, foreign_request(peer, std::nullopt)),
                   NotifyType::kNoAdditionalSas));
  EXPECT_EQ(peer.spis.in_use(), 16u);
}

TEST(CreateChildSa, BusyPeerIsAskedAgainButSeldomAndNotForEver) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  Message request = rekey_request_of(peer);
  std::vector<TimePoint> asked;
  while (peer.sa->state() == IkeSa::State::kEstablished) {
    asked.push_back(peer.now);
    ASSERT_LT(asked.size(), 100u);
    peer.answer(request, only(NotifyType::kTemporaryFailure));
    ASSERT_FALSE(peer.sent() && peer.sa->state() == IkeSa::State::kEstablished);
    peer.run_for(*peer.sa->next_timeout() - peer.now);
    const std::optional<Message> next = peer.sent();
    if (!next) break;
    request = *next;
  }
  // RFC 7296 section 2.25: several minutes; then it is out of its mind.
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kDeleting);
  EXPECT_GE(asked.back() - asked.front(), Seconds(300));
  EXPECT_LE(asked.back() - asked.front(), Seconds(340));
  EXPECT_GE(asked.at(1) - asked.at(0), Seconds(1));
  EXPECT_GE(asked.at(6) - asked.at(5), Seconds(16));
}

TEST(CreateChildSa, AnswerBeyondTheOfferIsUndone) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  const Message request = rekey_request_of(peer);
  IkePayloads answer;
  answer.sa = SaPayload{.proposals = {request.payloads.sa->proposals.front()}};
  answer.sa->proposals.front().spi = octets_of(kNewSpi);
  answer.nonce = std::vector<std::uint8_t>(32, 1);
  answer.ts_initiator = request.payloads.ts_initiator;
  answer.ts_responder = request.payloads.ts_responder;
  peer.answer(request, answer);  // several transforms of a type
  EXPECT_THAT(peer.sa->children(), SizeIs(1));
  // The peer is told that we do not have it.
  const std::optional<Message> undone = peer.sent();
  ASSERT_TRUE(undone);
  ASSERT_THAT(undone->payloads.deletes, SizeIs(1));
  EXPECT_EQ(octets_of(undone->payloads.deletes[0].spis.at(0)),
            request.payloads.sa->proposals.front().spi);
  EXPECT_EQ(peer.spis.in_use(), 1u);
}

TEST(CreateChildSa, GroupThatWasNotOfferedIsNotUsed) {
  ScriptedPeer peer;
  peer.config.groups = {KeyExchangeGroup::kX25519};
  peer.add_child(kPeersSpi);
  const Message request = rekey_request_of(peer);
  IkePayloads answer;
  answer.add_notify(NotifyType::kInvalidKePayload, {0, 19});
  peer.answer(request, answer);
  EXPECT_FALSE(peer.sent());
  EXPECT_THAT(peer.events(), SizeIs(2));  // the child's, and a sentence
}

TEST(CreateChildSa, DemandsForGroupsHaveAnEnd) {
  ScriptedPeer peer;
  peer.add_child(kPeersSpi);
  Message request = rekey_request_of(peer);
  unsigned rounds = 0;
  for (;;) {
    const std::uint8_t other = request.payloads.key_exchange->group == kGroupX25519
                                   ? std::uint8_t{kGroupP256}
                                   : std::uint8_t{kGroupX25519};
    IkePayloads answer;
    answer.add_notify(NotifyType::kInvalidKePayload, {0, other});
    peer.answer(request, answer);
    std::optional<Message> next = peer.sent();
    if (!next) break;
    ASSERT_LT(++rounds, 10u);
    request = std::move(*next);
  }
  EXPECT_EQ(rounds, 2u);
  EXPECT_EQ(peer.spis.in_use(), 1u);
}

TEST(CreateChildSa, IkeSaIsRekeyedInOneKeyExchangeWithValidSpis) {
  ScriptedPeer peer;
  IkePayloads request;
  request.sa = offer(IkeSuitePolicy{.ciphers = {AeadAlgorithm::kAes256Gcm},
                                    .prfs = {PrfAlgorithm::kHmacSha256},
                                    .groups = {KeyExchangeGroup::kX25519}},
                     {});  // as in IKE_SA_INIT, without an SPI
  request.nonce = std::vector<std::uint8_t>(32, 0xf0);
  request.key_exchange =
      KeyExchangePayload{.group = kGroupX25519, .data = std::vector<std::uint8_t>(32, 9)};
  EXPECT_TRUE(says(peer.ask(ExchangeType::kCreateChildSa, request), NotifyType::kNoProposalChosen));
  request.sa->proposals.front().spi.assign(8, 1);
  request.key_exchange->data.assign(32, 0);
  EXPECT_TRUE(says(peer.ask(ExchangeType::kCreateChildSa, request), NotifyType::kNoProposalChosen));
  request.key_exchange.reset();
  EXPECT_TRUE(says(peer.ask(ExchangeType::kCreateChildSa, request), NotifyType::kInvalidKePayload));
  EXPECT_EQ(peer.sa->state(), IkeSa::State::kEstablished);
  EXPECT_EQ(peer.sa->take_successor(), nullptr);
}

}  // namespace
}  // namespace hawser
