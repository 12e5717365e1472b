// SPDX-License-Identifier: Apache-2.0
// RFC 7296 section 2.6, and what a reflector is: who did not show that it receives at its address
// is never sent more octets than came from there.
#include <gtest/gtest.h>

#include "ike-lite/ike_message.h"
#include "tests/ike-lite/engine_pair.h"

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

class Amplification : public ::testing::Test {
 protected:
  Amplification() {
    pair_.lose = [this](const Datagram& datagram) {
      (datagram.from == "left" ? requests_ : answers_).push_back(datagram.bytes);
      return true;
    };
    pair_.start();
    answers_.clear();
  }

  // What a Hawser sends first.
  IkeMessage request() { return *IkeMessage::parse(ByteSpan(requests_.at(0)).subspan(4)); }

  // The answers to this from an address that was not heard before; each is no longer.
  std::vector<Octets> ask(const Octets& message) {
    answers_.clear();
    const std::string from =
        "198.18." + std::to_string(asked_ / 250) + "." + std::to_string(1 + asked_ % 250) + ":4500";
    ++asked_;
    Octets datagram(4);
    datagram.insert(datagram.end(), message.begin(), message.end());
    pair_.deliver(pair_.right,
                  {.local = {pair_.right.address, 4500}, .remote = *TransportAddress::parse(from)},
                  datagram);
    for (const Octets& answer : answers_) EXPECT_LE(answer.size(), datagram.size());
    return answers_;
  }
  std::vector<Octets> ask(IkeMessage message) {
    message.header.spi_initiator = IkeSpi(0x1000 + asked_);
    return ask(message.serialize());
  }

  EnginePair pair_;
  std::vector<Octets> requests_;
  std::vector<Octets> answers_;
  unsigned asked_ = 0;
};

TEST_F(Amplification, OfNoChoiceOfPayloads) {
  const IkeMessage whole = request();
  const std::size_t notifies = whole.payloads.notifies.size();
  unsigned answered = 0;
  for (unsigned choice = 0; choice < 1u << (notifies + 3); ++choice) {
    IkeMessage some = whole;
    some.payloads.notifies.clear();
    for (std::size_t i = 0; i < notifies; ++i) {
      if ((choice >> i & 1) != 0) some.payloads.notifies.push_back(whole.payloads.notifies[i]);
    }
    if ((choice >> notifies & 1) != 0) some.payloads.sa.reset();
    if ((choice >> notifies & 2) != 0) some.payloads.key_exchange.reset();
    if ((choice >> notifies & 4) != 0) some.payloads.nonce->resize(16);
    answered += static_cast<unsigned>(ask(some).size());
  }
  EXPECT_GT(answered, 100u);
}

TEST_F(Amplification, OfNothingThatIsRefused) {
  for (std::size_t extra = 0; extra < 24; ++extra) {
    Octets octets(IkeHeader::kSize);
    ByteWriter writer(octets);
    IkeHeader header = request().header;
    header.length = static_cast<std::uint32_t>(IkeHeader::kSize + extra);
    header.major_version = 3;
    header.serialize(writer);
    octets.resize(header.length);
    EXPECT_EQ(ask(octets).size(), header.length > 36 ? 1u : 0u) << "version 3, " << header.length;

    // A critical payload of a type that nobody knows.
    if (extra < 4) continue;
    octets[16] = 200;
    octets[17] = 0x20;
    octets[IkeHeader::kSize + 1] = 0x80;
    octets[IkeHeader::kSize + 3] = static_cast<std::uint8_t>(extra);
    EXPECT_EQ(ask(octets).size(), header.length > 36 ? 1u : 0u) << "critical, " << header.length;
  }
}

TEST_F(Amplification, AShortRequestIsAnsweredIfItShowsACookie) {
  IkeMessage brief = request();
  brief.payloads.notifies.clear();
  brief.header.spi_initiator = IkeSpi(0x7777);
  ask(brief.serialize());
  ASSERT_EQ(answers_.size(), 1u);
  const auto refusal = IkeMessage::parse(ByteSpan(answers_[0]).subspan(4));
  const NotifyPayload* const cookie = refusal->payloads.find(NotifyType::kCookie);
  ASSERT_NE(cookie, nullptr);
  brief.payloads.add_notify(NotifyType::kCookie, cookie->data);
  answers_.clear();
  Octets datagram(4);
  const Octets shown = brief.serialize();
  datagram.insert(datagram.end(), shown.begin(), shown.end());
  pair_.deliver(
      pair_.right,
      {.local = {pair_.right.address, 4500}, .remote = *TransportAddress::parse("198.18.0.1:4500")},
      datagram);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(IkeMessage::parse(ByteSpan(answers_[0]).subspan(4))->payloads.key_exchange);
}

}  // namespace
}  // namespace hawser
