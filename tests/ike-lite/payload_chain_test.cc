// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ike-lite/wire_limits.h"
#include "tests/ike-lite/wire_octets.h"

namespace hawser {
namespace {

using test::as_payload;
using test::hex;
using test::kPayloadSamples;
using test::PayloadSample;

constexpr auto kUnknownType = static_cast<PayloadType>(201);

// A chain of bodies, each with its type.
struct Link {
  PayloadType type;
  Bytes body;
  std::uint8_t flags = 0;
};
Result<IkePayloads, WireFailure> parse_chain(const std::vector<Link>& links) {
  Bytes octets;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const auto next = i + 1 < links.size() ? links[i + 1].type : PayloadType::kNone;
    const Bytes one = as_payload(links[i].body, next, links[i].flags);
    octets.insert(octets.end(), one.begin(), one.end());
  }
  return parse_payloads(links.empty() ? 0 : static_cast<std::uint8_t>(links[0].type), octets);
}

std::vector<std::uint8_t> types_of(const SerializedPayloads& chain) {
  std::vector<std::uint8_t> types;
  std::size_t at = 0;
  for (std::uint8_t type = chain.first; type != 0;) {
    types.push_back(type);
    type = chain.bytes[at];
    at += load_be16(chain.bytes.data() + at + 2);
  }
  return types;
}

TEST(PayloadChain, NothingIsSound) {
  const auto payloads = parse_payloads(0, {});
  ASSERT_TRUE(payloads);
  EXPECT_EQ(serialize_payloads(*payloads).first, 0);
  EXPECT_TRUE(serialize_payloads(*payloads).bytes.empty());
}

TEST(PayloadChain, OctetsBehindTheLastPayload) {
  EXPECT_FALSE(parse_payloads(0, hex("00")));
  EXPECT_FALSE(parse_payloads(0, hex("00000004")));
}

TEST(PayloadChain, LengthBelowTheHeader) {
  for (const char* octets : {"00000000", "00000001", "00000003"}) {
    EXPECT_FALSE(parse_payloads(43, hex(octets))) << octets;
  }
  EXPECT_TRUE(parse_payloads(43, hex("00000004")));
}

// RFC 7296 section 2.5.
TEST(PayloadChain, CriticalBit) {
  const Bytes body = {1, 2, 3};
  EXPECT_TRUE(parse_chain({{kUnknownType, body}, {PayloadType::kNonce, Bytes(16)}})->nonce);
  EXPECT_TRUE(parse_chain({{kUnknownType, body, 0x7f}})) << "reserved bits";
  EXPECT_EQ(parse_chain({{kUnknownType, body, 0x80}}).error(),
            (WireFailure{WireError::kCriticalPayload, 201}));
  EXPECT_EQ(parse_chain({{static_cast<PayloadType>(1), body, 0x80}}).error(),
            (WireFailure{WireError::kCriticalPayload, 1}));
  EXPECT_TRUE(parse_chain({{PayloadType::kNonce, Bytes(16), 0x80}})) << "ignored on known ones";
  EXPECT_TRUE(parse_chain({{PayloadType::kEap, body, 0x80}}));
}

TEST(PayloadChain, NoEncryptedPayloadInside) {
  EXPECT_FALSE(parse_chain({{PayloadType::kEncrypted, Bytes(25)}}));
  EXPECT_FALSE(parse_chain({{PayloadType::kEncryptedFragment, Bytes(29)}}));
}

TEST(PayloadChain, WhatMayOccurOnce) {
  for (const PayloadSample& sample : kPayloadSamples) {
    const Link link{sample.type, hex(sample.body)};
    const bool may_repeat =
        sample.type == PayloadType::kCertificate ||
        sample.type == PayloadType::kCertificateRequest || sample.type == PayloadType::kNotify ||
        sample.type == PayloadType::kDelete || sample.type == PayloadType::kVendorId;
    EXPECT_EQ(parse_chain({link, link}).has_value(), may_repeat) << sample.name;
  }
}

TEST(PayloadChain, Limits) {
  const auto parses = [](PayloadType type, std::size_t count) {
    const Link link{type, hex("00004000")};
    return parse_chain(std::vector<Link>(count, link)).has_value();
  };
  EXPECT_TRUE(parses(PayloadType::kNotify, kMaxNotifies));
  EXPECT_FALSE(parses(PayloadType::kNotify, kMaxNotifies + 1));
  EXPECT_TRUE(parses(kUnknownType, kMaxPayloads));
  EXPECT_FALSE(parses(kUnknownType, kMaxPayloads + 1));
}

// RFC 7296 section 2.5: any order is taken; appendix C: what we send has this one.
TEST(PayloadChain, OrderOfIkeSaInit) {
  IkePayloads payloads;
  payloads.add_notify(NotifyType::kNatDetectionSourceIp, Bytes(20));
  payloads.add_notify(NotifyType::kCookie, Bytes(8));
  payloads.nonce = Bytes(32);
  payloads.key_exchange = {kGroupX25519, Bytes(32)};
  payloads.sa = {{{.transforms = {{}}}}};
  EXPECT_EQ(types_of(serialize_payloads(payloads)),
            (std::vector<std::uint8_t>{41, 33, 34, 40, 41}));
  EXPECT_EQ(load_be16(serialize_payloads(payloads).bytes.data() + 6),
            static_cast<std::uint16_t>(NotifyType::kCookie));
}

IkePayloads full_ike_auth() {
  IkePayloads payloads;
  payloads.add_notify(NotifyType::kMobikeSupported);
  payloads.add_notify(NotifyType::kInitialContact);
  payloads.add_notify(NotifyType::kEspTfcPaddingNotSupported);
  payloads.vendor_ids = {hex("882fe56d")};
  payloads.ts_initiator = {{TrafficSelector::from_address(*IpAddress::parse("10.0.0.1"))}};
  payloads.ts_responder = {{TrafficSelector::from_address(*IpAddress::parse("fd00::1"))}};
  payloads.sa = {
      {{.protocol = SecurityProtocol::kEsp, .spi = hex("01020304"), .transforms = {{}}}}};
  payloads.configuration = {1, {{1, {}}}};
  payloads.auth = {2, Bytes(32)};
  payloads.id_initiator = IkeIdentity::parse("a.example");
  payloads.id_responder = IkeIdentity::parse("b.example");
  payloads.certificates = {{4, Bytes(3)}, {4, Bytes(5)}};
  payloads.certificate_requests = {{4, {}}};
  return payloads;
}

TEST(PayloadChain, OrderOfIkeAuth) {
  EXPECT_EQ(types_of(serialize_payloads(full_ike_auth())),
            (std::vector<std::uint8_t>{35, 37, 37, 41, 38, 36, 39, 47, 41, 33, 44, 45, 43, 41}));
  IkePayloads response = full_ike_auth();
  response.id_initiator.reset();
  EXPECT_EQ(types_of(serialize_payloads(response)),
            (std::vector<std::uint8_t>{36, 37, 37, 41, 38, 39, 47, 41, 33, 44, 45, 43, 41}));
}

TEST(PayloadChain, OrderOfARekey) {
  IkePayloads payloads;
  payloads.notifies.push_back({.type = static_cast<std::uint16_t>(NotifyType::kRekeySa),
                               .protocol = SecurityProtocol::kEsp,
                               .spi = hex("0a0b0c0d")});
  payloads.key_exchange = {kGroupX25519, Bytes(32)};
  payloads.nonce = Bytes(32);
  payloads.sa = {
      {{.protocol = SecurityProtocol::kEsp, .spi = hex("01020304"), .transforms = {{}}}}};
  EXPECT_EQ(types_of(serialize_payloads(payloads)), (std::vector<std::uint8_t>{41, 33, 40, 34}));
}

TEST(PayloadChain, RoundTripOfEverything) {
  const IkePayloads sent = full_ike_auth();
  const auto chain = serialize_payloads(sent);
  const auto received = parse_payloads(chain.first, chain.bytes);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->certificates, sent.certificates);
  EXPECT_EQ(received->certificate_requests, sent.certificate_requests);
  EXPECT_EQ(received->id_initiator, sent.id_initiator);
  EXPECT_EQ(received->id_responder, sent.id_responder);
  EXPECT_EQ(received->auth, sent.auth);
  EXPECT_EQ(received->configuration, sent.configuration);
  EXPECT_EQ(received->sa, sent.sa);
  EXPECT_EQ(received->ts_initiator, sent.ts_initiator);
  EXPECT_EQ(received->ts_responder, sent.ts_responder);
  EXPECT_EQ(received->vendor_ids, sent.vendor_ids);
  EXPECT_EQ(received->notifies.size(), 3u);
  EXPECT_EQ(serialize_payloads(*received).bytes, chain.bytes);
}

TEST(IkePayloads, FindsNotifies) {
  IkePayloads payloads;
  EXPECT_EQ(payloads.find_error(), nullptr);
  payloads.add_notify(NotifyType::kCookie, {1});
  payloads.add_notify(NotifyType::kNoProposalChosen);
  payloads.add_notify(NotifyType::kCookie, {2});
  ASSERT_NE(payloads.find(NotifyType::kCookie), nullptr);
  EXPECT_EQ(payloads.find(NotifyType::kCookie)->data, Bytes{1});
  EXPECT_EQ(payloads.find(NotifyType::kRekeySa), nullptr);
  ASSERT_NE(payloads.find_error(), nullptr);
  EXPECT_EQ(payloads.find_error()->type, 14);
}

}  // namespace
}  // namespace hawser
