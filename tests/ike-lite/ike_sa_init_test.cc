// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_sa_init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

ByteSpan message_of(const Datagram& datagram) { return ByteSpan(datagram.bytes).subspan(4); }

bool is(const Datagram& datagram, std::string_view what) { return describe(datagram) == what; }

TEST(IkeSaInit, UnderLoadACookieIsDemanded) {
  EnginePair pair;
  pair.right.options.cookie_threshold = 0;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_THAT(pair.transcript, ElementsAre("left  --- IKE_SA_INIT request 0 ---> right",
                                           "left  <--- IKE_SA_INIT response 0 --- right",
                                           "left  --- IKE_SA_INIT request 0 ---> right",
                                           "left  <--- IKE_SA_INIT response 0 --- right",
                                           "left  --- IKE_AUTH request 1 ---> right",
                                           "left  <--- IKE_AUTH response 1 --- right"));
  EXPECT_EQ(pair.right.engine->counters().cookies_demanded, 1u);
  pair.expect_children_match();
}

// RFC 7296 section 2.6: only the cookie is new in the second request, and stands first.
TEST(IkeSaInit, WithACookieTheRequestIsOtherwiseTheSame) {
  EnginePair pair;
  pair.right.options.cookie_threshold = 0;
  std::vector<IkeMessage> requests;
  pair.lose = [&](const Datagram& datagram) {
    if (is(datagram, "IKE_SA_INIT request 0")) {
      requests.push_back(*IkeMessage::parse(message_of(datagram)));
    }
    return false;
  };
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  ASSERT_EQ(requests.size(), 2u);
  IkePayloads second = requests[1].payloads;
  ASSERT_EQ(second.notifies.front().type, static_cast<std::uint16_t>(NotifyType::kCookie));
  second.notifies.erase(second.notifies.begin());
  EXPECT_EQ(second.notifies, requests[0].payloads.notifies);
  EXPECT_EQ(second.nonce, requests[0].payloads.nonce);
  EXPECT_EQ(second.key_exchange, requests[0].payloads.key_exchange);
  EXPECT_EQ(requests[0].header.spi_initiator, requests[1].header.spi_initiator);
}

TEST(IkeSaInit, ForgedCookieDemandsComeToAnEnd) {
  EnginePair pair;
  pair.change = [](Datagram& datagram) {
    if (!is(datagram, "IKE_SA_INIT response 0")) return;
    const IkeHeader header = *IkeHeader::parse(message_of(datagram));
    const std::vector<std::uint8_t> forged =
        refuse_ike_sa_init(header, NotifyType::kCookie, {1, 2, 3});
    datagram.bytes.resize(4);
    datagram.bytes.insert(datagram.bytes.end(), forged.begin(), forged.end());
  };
  pair.start();
  pair.run_for(Milliseconds(400));
  // The first request and three with cookies; then no forgery makes it send any more.
  EXPECT_EQ(pair.transcript.size(), 8u);
}

TEST(IkeSaInit, AnotherGroupIsUsedIfTheResponderWantsIt) {
  EnginePair pair;
  pair.right.peer.groups = {KeyExchangeGroup::kP256};
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.transcript.size(), 6u);
  EXPECT_EQ(pair.left.status(pair.now).suite, "aes-256-gcm, hmac-sha-256, p-256");
  pair.expect_children_match();
}

TEST(IkeSaInit, CookieAndAnotherGroupTogether) {
  EnginePair pair;
  pair.right.peer.groups = {KeyExchangeGroup::kP256};
  pair.right.options.cookie_threshold = 0;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.transcript.size(), 8u) << "the cookie is kept when the group changes";
}

TEST(IkeSaInit, WithoutACommonGroupThereIsAClearSentence) {
  EnginePair pair;
  pair.left.peer.groups = {KeyExchangeGroup::kX25519};
  pair.right.peer.groups = {KeyExchangeGroup::kP256};
  pair.start();
  pair.run_for(Seconds(20));
  EXPECT_FALSE(pair.left.sending());
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("NO_PROPOSAL_CHOSEN")));
}

// Who has no endpoint may be anywhere: an offer that fits nobody is then likely to be its.
TEST(IkeSaInit, TheResponderSaysWhatIsMissingInAnOffer) {
  EnginePair pair;
  pair.left.peer.ike_ciphers = {AeadAlgorithm::kAes256Gcm};
  pair.right.peer.ike_ciphers = {AeadAlgorithm::kChaCha20Poly1305};
  pair.right.peer.endpoint.reset();
  pair.start();
  pair.run_for(Seconds(5));
  EXPECT_THAT(pair.left.events, Contains(HasSubstr("NO_PROPOSAL_CHOSEN")));
  EXPECT_THAT(pair.right.events, Contains(HasSubstr("proposes only AES-GCM-256")));
}

// RFC 7296 section 1.2: a group that was not offered is no reason to change.
TEST(IkeSaInit, AGroupThatWasNotOfferedIsIgnored) {
  EnginePair pair;
  pair.left.peer.groups = {KeyExchangeGroup::kX25519};
  IkeHeader header;
  pair.lose = [&header](const Datagram& datagram) {
    header = *IkeHeader::parse(message_of(datagram));
    return false;
  };
  pair.start();
  std::vector<std::uint8_t> forged =
      refuse_ike_sa_init(header, NotifyType::kInvalidKePayload, {0, 19});
  forged.insert(forged.begin(), 4, 0);
  pair.deliver(pair.left,
               {.local = {pair.left.address, 4500}, .remote = {pair.right.address, 4500}},
               std::move(forged));
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.transcript.size(), 4u);
}

// RFC 7296 section 2.21.1: errors are not authenticated, the real answer still counts.
TEST(IkeSaInit, AForgedErrorDoesNotEndTheAttempt) {
  EnginePair pair;
  IkeHeader header;
  pair.lose = [&header](const Datagram& datagram) {
    header = *IkeHeader::parse(message_of(datagram));
    return false;
  };
  pair.start();
  // The forger is faster than the responder.
  for (const NotifyType type : {NotifyType::kNoProposalChosen, NotifyType::kInvalidSyntax,
                                NotifyType::kInvalidMajorVersion}) {
    std::vector<std::uint8_t> forged = refuse_ike_sa_init(header, type, {});
    forged.insert(forged.begin(), 4, 0);
    pair.deliver(pair.left,
                 {.local = {pair.left.address, 4500}, .remote = {pair.right.address, 4500}},
                 std::move(forged));
  }
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.transcript.size(), 4u);
}

TEST(IkeSaInit, ASourceThatAsksTooOftenIsNotAnswered) {
  EnginePair pair;
  pair.right.options.request_burst = 5;
  pair.right.options.requests_per_second = 0.001;
  pair.left.peer.endpoint.reset();
  pair.start();
  for (int i = 0; i < 20; ++i) {
    pair.left.peer.endpoint = TransportAddress{pair.right.address, 4500};
    pair.restart(pair.left);
    pair.lose = [](const Datagram& datagram) { return is(datagram, "IKE_AUTH request 1"); };
    pair.run_for(Milliseconds(50));
  }
  EXPECT_EQ(pair.right.engine->counters().rate_limited, 15u);
  EXPECT_EQ(pair.right.engine->counters().half_open, 5u);
}

TEST(IkeSaInit, HalfOpenIkeSasAreBoundedAndEnd) {
  EnginePair pair;
  pair.right.options.max_half_open = 3;
  pair.lose = [](const Datagram& datagram) { return is(datagram, "IKE_AUTH request 1"); };
  pair.start();
  for (int i = 0; i < 10; ++i) {
    pair.restart(pair.left);
    pair.run_for(Milliseconds(50));
  }
  EXPECT_EQ(pair.right.engine->counters().half_open, 3u);
  EXPECT_GE(pair.right.engine->counters().half_open_full, 7u);
  pair.left.peer.initiate = false;
  pair.configure(pair.left);
  EXPECT_TRUE(pair.left.engine->terminate(PeerId(1), pair.now));
  pair.run_for(Seconds(31));
  EXPECT_EQ(pair.right.engine->counters().half_open, 0u);
}

TEST(IkeSaInit, ARepeatedRequestGetsTheSameAnswer) {
  EnginePair pair;
  std::vector<std::vector<std::uint8_t>> answers;
  pair.lose = [&](const Datagram& datagram) {
    if (!is(datagram, "IKE_SA_INIT response 0")) return false;
    answers.push_back(datagram.bytes);
    return answers.size() < 3;
  };
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[0], answers[2]);
  EXPECT_EQ(pair.right.engine->counters().ike_sas, 1u);
  EXPECT_EQ(pair.left.engine->counters().retransmitted, 2u);
}

TEST(IkeSaInit, QuietModeAnswersWhoKnowsTheKeyOnly) {
  EnginePair pair;
  pair.right.local.quiet = true;
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.right.engine->counters().quiet, 0u);

  EnginePair stranger;
  stranger.right.local.quiet = true;
  stranger.left.peer.interop = true;  // shows no MAC
  stranger.start();
  stranger.run_for(Seconds(5));
  EXPECT_GE(stranger.right.engine->counters().quiet, 3u);
  EXPECT_EQ(stranger.right.engine->counters().sent, 0u);
}

TEST(IkeSaInit, QuietModeWithCookieAndAnotherGroup) {
  EnginePair pair;
  pair.right.local.quiet = true;
  pair.right.options.cookie_threshold = 0;
  pair.right.peer.groups = {KeyExchangeGroup::kP256};
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  EXPECT_EQ(pair.right.engine->counters().quiet, 0u);
}

// RFC 7296 section 2.23: a peer on port 500 is left there after IKE_SA_INIT.
TEST(IkeSaInit, FromPort500TheInitiatorMovesTo4500) {
  EnginePair pair;
  pair.left.peer.endpoint = TransportAddress{pair.right.address, 500};
  std::vector<AddressPair> ways;
  pair.lose = [&](const Datagram& datagram) {
    if (datagram.from == "left") ways.push_back(datagram.addresses);
    return false;
  };
  pair.start();
  ASSERT_TRUE(pair.run_until_established());
  ASSERT_EQ(ways.size(), 2u);
  EXPECT_EQ(ways[0].remote.port, 500);
  EXPECT_EQ(ways[0].local.port, 500) << "without the marker";
  EXPECT_EQ(ways[1].remote.port, 4500);
  EXPECT_EQ(ways[1].local.port, 4500);
}

// What nobody can have meant changes nothing and gets no answer.
TEST(IkeSaInit, HeadersThatCannotBe) {
  EnginePair pair;
  pair.left.peer.endpoint.reset();
  pair.start();
  const AddressPair way{.local = {pair.right.address, 4500}, .remote = {pair.left.address, 4500}};
  const auto send = [&](const std::function<void(IkeHeader&)>& spoil) {
    IkeMessage message{
        .header = {.spi_initiator = IkeSpi(7), .exchange = 34, .from_initiator = true}};
    message.payloads.nonce = std::vector<std::uint8_t>(32);
    std::vector<std::uint8_t> bytes = message.serialize();
    IkeHeader header = *IkeHeader::parse(bytes);
    spoil(header);
    ByteWriter writer(bytes);
    header.serialize(writer);
    bytes.insert(bytes.begin(), 4, 0);
    pair.deliver(pair.right, way, std::move(bytes));
  };
  send([](IkeHeader& header) { header.spi_initiator = IkeSpi(0); });
  send([](IkeHeader& header) { header.spi_responder = IkeSpi(9); });
  send([](IkeHeader& header) { header.from_initiator = false; });
  send([](IkeHeader& header) { header.message_id = MessageId(1); });
  send([](IkeHeader& header) { header.is_response = true; });
  send([](IkeHeader& header) { header.exchange = 35; });
  send([](IkeHeader& header) { header.length += 1; });
  EXPECT_TRUE(pair.transcript.empty());
  EXPECT_EQ(pair.right.engine->counters().half_open, 0u);
  const IkeCounters counters = pair.right.engine->counters();
  EXPECT_EQ(counters.malformed, 2u);
  EXPECT_EQ(counters.unexpected, 3u);
  EXPECT_EQ(counters.unknown_spi, 2u);
}

std::vector<NotifyPayload> errors_after(EnginePair& pair, std::vector<std::uint8_t> request) {
  std::vector<NotifyPayload> errors;
  pair.lose = [&errors](const Datagram& datagram) {
    errors = IkeMessage::parse(message_of(datagram))->payloads.notifies;
    return true;
  };
  request.insert(request.begin(), 4, 0);
  pair.deliver(pair.right,
               {.local = {pair.right.address, 4500}, .remote = {pair.left.address, 4500}},
               std::move(request));
  return errors;
}

// RFC 7296 section 2.5.
TEST(IkeSaInit, WhatIsOfAnotherVersionOrCriticalIsRefused) {
  // Longer than what refuses it: the answer is never the longer one.
  const IkeMessage empty{
      .header = {.spi_initiator = IkeSpi(7), .exchange = 34, .from_initiator = true}};
  std::vector<std::uint8_t> critical = empty.serialize();
  critical.at(16) = 200;
  critical.insert(critical.end(), {0, 0x80, 0, 20});
  critical.resize(48);
  critical.at(27) = 48;
  std::vector<std::uint8_t> version3 = critical;
  version3.at(17) = 0x30;

  EnginePair pair;
  pair.left.peer.endpoint.reset();
  pair.start();
  std::vector<NotifyPayload> errors = errors_after(pair, version3);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].type, static_cast<std::uint16_t>(NotifyType::kInvalidMajorVersion));
  errors = errors_after(pair, critical);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].type, static_cast<std::uint16_t>(NotifyType::kUnsupportedCriticalPayload));
  EXPECT_THAT(errors[0].data, ElementsAre(200));

  EnginePair quiet;
  quiet.left.peer.endpoint.reset();
  quiet.right.local.quiet = true;
  quiet.start();
  EXPECT_TRUE(errors_after(quiet, version3).empty());
  EXPECT_TRUE(errors_after(quiet, critical).empty());
}

// Who fails to prove who it is, fast and often, is bounded like who does not answer.
TEST(IkeSaInit, FailedProofsCountAsHalfOpen) {
  EnginePair pair;
  pair.use_shared_key("one secret", "another secret");
  pair.right.options.cookie_threshold = 3;
  pair.start();
  for (int i = 0; i < 10; ++i) {
    pair.restart(pair.left);
    pair.run_for(Milliseconds(60));
  }
  EXPECT_GT(pair.right.engine->counters().cookies_demanded, 5u);
}

}  // namespace
}  // namespace hawser
