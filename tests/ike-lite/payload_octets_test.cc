// SPDX-License-Identifier: Apache-2.0
// Every payload: captured octets, round trip, every truncation, a trailing octet.
#include <gtest/gtest.h>

#include "tests/ike-lite/wire_octets.h"

namespace hawser {
namespace {

using test::as_payload;
using test::body_of;
using test::hex;
using test::parse_body;
using test::PayloadSample;

class PayloadOctets : public testing::TestWithParam<PayloadSample> {
 protected:
  const PayloadType type_ = GetParam().type;
  const Bytes body_ = hex(GetParam().body);
};

TEST_P(PayloadOctets, RoundTrip) {
  const auto payloads = parse_body(type_, body_);
  ASSERT_TRUE(payloads);
  EXPECT_EQ(body_of(*payloads), body_);
  EXPECT_EQ(serialize_payloads(*payloads).first, static_cast<std::uint8_t>(type_));
}

TEST_P(PayloadOctets, APayloadThatEndsBehindTheMessageIsMalformed) {
  const Bytes whole = as_payload(body_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(parse_payloads(static_cast<std::uint8_t>(type_), cut).error(), WireFailure{}) << size;
  }
}

// A shorter body is either malformed or another payload, of which not an octet is lost.
TEST_P(PayloadOctets, EveryShorterBody) {
  for (std::size_t size = 0; size < body_.size(); ++size) {
    const Bytes cut(body_.begin(), body_.begin() + static_cast<std::ptrdiff_t>(size));
    const auto payloads = parse_body(type_, cut);
    if (payloads) {
      EXPECT_EQ(body_of(*payloads), cut) << size;
    }
  }
}

TEST_P(PayloadOctets, ATrailingOctet) {
  Bytes longer = body_;
  longer.push_back(0);
  switch (type_) {
    case PayloadType::kSa:
    case PayloadType::kDelete:
    case PayloadType::kTsInitiator:
    case PayloadType::kTsResponder:
    case PayloadType::kConfiguration:
      EXPECT_EQ(parse_body(type_, longer).error(), WireFailure{});
      break;
    default: {
      // The others end where their payload ends: the octet belongs to them.
      const auto payloads = parse_body(type_, longer);
      ASSERT_TRUE(payloads);
      EXPECT_EQ(body_of(*payloads), longer);
    }
  }
  Bytes whole = as_payload(body_);
  whole.push_back(0);
  EXPECT_EQ(parse_payloads(static_cast<std::uint8_t>(type_), whole).error(), WireFailure{});
}

INSTANTIATE_TEST_SUITE_P(All, PayloadOctets, testing::ValuesIn(test::kPayloadSamples),
                         [](const auto& sample) { return std::string(sample.param.name); });

TEST(PayloadFromCapture, SaOfIkeSaInit) {
  const auto payloads = parse_body(PayloadType::kSa, hex(test::kPayloadSamples[0].body));
  ASSERT_TRUE(payloads && payloads->sa);
  const Transform aes{.type = 1, .id = kEncryptionAesGcm16, .key_bits = 256};
  const Transform prf{.type = 2, .id = kPrfHmacSha256};
  const Transform curve{.type = 4, .id = kGroupX25519};
  EXPECT_EQ(payloads->sa->proposals,
            (std::vector<Proposal>{{.number = 1, .transforms = {aes, prf, curve}}}));
}

TEST(PayloadFromCapture, SaOfAChild) {
  const auto payloads = parse_body(PayloadType::kSa, hex(test::kPayloadSamples[1].body));
  ASSERT_TRUE(payloads && payloads->sa && payloads->sa->proposals.size() == 1);
  const Proposal& proposal = payloads->sa->proposals.front();
  EXPECT_EQ(proposal.protocol, SecurityProtocol::kEsp);
  EXPECT_EQ(proposal.spi, hex("19d07c91"));
  EXPECT_EQ(proposal.transforms.at(1), (Transform{.type = 5, .id = kSequenceNumbers32}));
}

TEST(PayloadFromCapture, Selectors) {
  const auto payloads =
      parse_body(PayloadType::kTsResponder, hex("02000000070000100000ffff0a6200000a6200ff"
                                                "070600100000ffff0a6200000a6200ff"));
  ASSERT_TRUE(payloads && payloads->ts_responder);
  ASSERT_EQ(payloads->ts_responder->selectors.size(), 1u);
  EXPECT_EQ(payloads->ts_responder->selectors[0].to_string(), "10.98.0.0/24");
  EXPECT_EQ(payloads->ts_responder->unusable, 1u) << "TCP only";
}

TEST(PayloadFromCapture, Configuration) {
  const auto payloads =
      parse_body(PayloadType::kConfiguration, hex("02000000000100040a630001000300040a620035"));
  ASSERT_TRUE(payloads && payloads->configuration);
  EXPECT_EQ(payloads->configuration->type, static_cast<std::uint8_t>(ConfigurationType::kReply));
  EXPECT_EQ(payloads->configuration->values,
            (std::vector<ConfigurationValue>{{1, hex("0a630001")}, {3, hex("0a620035")}}));
}

}  // namespace
}  // namespace hawser
