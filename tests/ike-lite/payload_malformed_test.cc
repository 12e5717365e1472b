// SPDX-License-Identifier: Apache-2.0
// What is no payload, and what looks odd and is one.
#include <gtest/gtest.h>

#include "ike-lite/wire_limits.h"
#include "tests/ike-lite/wire_octets.h"

namespace hawser {
namespace {

using test::hex;
using test::parse_body;

struct BadBody {
  const char* why;
  PayloadType type;
  const char* body;
};

constexpr BadBody kBadBodies[] = {
    {"no proposal", PayloadType::kSa, ""},
    {"proposal shorter than its header", PayloadType::kSa, "00000003 01010000"},
    {"proposal of 7 octets", PayloadType::kSa, "00000007 010300"},
    {"proposal length beyond the payload", PayloadType::kSa,
     "00000025010100030300000c01000014800e01000300000802000005000000080400001f"},
    {"proposal says more, none follows", PayloadType::kSa,
     "02000024010100030300000c01000014800e01000300000802000005000000080400001f"},
    {"proposal says last, one follows", PayloadType::kSa,
     "00000010010100010000000804000000 00000010020100010000000804000000"},
    {"last octet 3 on a proposal", PayloadType::kSa, "03000010010100010000000804000000"},
    {"a proposal without transforms", PayloadType::kSa, "0000000801010000"},
    {"a transform more than counted", PayloadType::kSa,
     "00000018010100010300000804000000 0000000804000001"},
    {"a transform less than counted", PayloadType::kSa, "00000010010100020000000804000000"},
    {"transform says more, none follows", PayloadType::kSa, "00000010010100010300000804000000"},
    {"transform says last, one follows", PayloadType::kSa,
     "00000018010100020000000804000000 0000000804000001"},
    {"last octet 2 on a transform", PayloadType::kSa, "00000010010100010200000804000000"},
    {"transform of 7 octets", PayloadType::kSa, "0000000f0101000100000007040000"},
    {"transform of 3 octets", PayloadType::kSa, "00000010010100010000000304000000"},
    {"transform beyond its proposal", PayloadType::kSa, "00000010010100010000000904000000"},
    {"an attribute of 3 octets", PayloadType::kSa, "00000013010100010000000b01000014800e01"},
    {"a long attribute beyond its transform", PayloadType::kSa,
     "00000016010100010000000e01000014 0011 0003 0000"},
    {"key length twice", PayloadType::kSa, "00000018010100010000001001000014 800e0100 800e0080"},
    {"proposal number 0", PayloadType::kSa, "00000010000100010000000804000000"},
    {"proposals 1, 3", PayloadType::kSa,
     "02000010010100010000000804000000 00000010030100010000000804000000"},
    {"proposals 1, 1", PayloadType::kSa,
     "02000010010100010000000804000000 00000010010100010000000804000000"},
    {"proposals 2, 3", PayloadType::kSa,
     "02000010020100010000000804000000 00000010030100010000000804000000"},
    {"IKE with an SPI of 4", PayloadType::kSa, "0000001401010401 01020304 0000000804000000"},
    {"IKE with the SPI 0", PayloadType::kSa, "0000001801010801 0000000000000000 0000000804000000"},
    {"ESP with an SPI of 8", PayloadType::kSa,
     "0000001801030801 0102030405060708 0000000804000000"},
    {"ESP without an SPI", PayloadType::kSa, "0000001001030001 0000000804000000"},
    {"ESP with the SPI 0", PayloadType::kSa, "0000001401030401 00000000 0000000804000000"},
    {"ESP with a reserved SPI", PayloadType::kSa, "0000001401030401 000000ff 0000000804000000"},
    {"protocol 0", PayloadType::kSa, "0000001001000001 0000000804000000"},
    {"SPI beyond the proposal", PayloadType::kSa, "000000100103ff01 0000000804000000"},
    {"no group", PayloadType::kKeyExchange, "001f00"},
    {"no public value", PayloadType::kKeyExchange, "001f0000"},
    {"no ID type", PayloadType::kIdInitiator, ""},
    {"ID without its reserved octets", PayloadType::kIdResponder, "020000"},
    {"IPv4 identity of 5 octets", PayloadType::kIdInitiator, "01000000 c000020101"},
    {"IPv4 identity of 3 octets", PayloadType::kIdInitiator, "01000000 c00002"},
    {"IPv6 identity of 4 octets", PayloadType::kIdResponder, "05000000 c0000201"},
    {"certificate without encoding", PayloadType::kCertificate, ""},
    {"certificate of no octets", PayloadType::kCertificate, "04"},
    {"certificate request without encoding", PayloadType::kCertificateRequest, ""},
    {"AUTH without its reserved octets", PayloadType::kAuthentication, "0200"},
    {"AUTH of no octets", PayloadType::kAuthentication, "02000000"},
    {"nonce of 15", PayloadType::kNonce, "000102030405060708090a0b0c0d0e"},
    {"notify without type", PayloadType::kNotify, "0000 40"},
    {"notify SPI beyond the payload", PayloadType::kNotify, "03044009c1d2e3"},
    {"ESP notify with an SPI of 8", PayloadType::kNotify, "03084009 c1d2e3f4c1d2e3f4"},
    {"ESP notify with an SPI of 3", PayloadType::kNotify, "03034009 c1d2e3"},
    {"IKE notify with an SPI of 4", PayloadType::kNotify, "01044009 c1d2e3f4"},
    {"notify with an SPI of no protocol", PayloadType::kNotify, "00044009 c1d2e3f4"},
    {"notify with an SPI of an unknown protocol", PayloadType::kNotify, "09044009 c1d2e3f4"},
    {"delete without count", PayloadType::kDelete, "030400"},
    {"delete with an SPI less than counted", PayloadType::kDelete, "03040002 c1d2e3f4"},
    {"delete with an SPI more than counted", PayloadType::kDelete, "03040001 c1d2e3f4 c1d2e3f4"},
    {"delete with half an SPI", PayloadType::kDelete, "03040001 c1d2"},
    {"delete with SPIs of 8", PayloadType::kDelete, "03080001 c1d2e3f4c1d2e3f4"},
    {"delete with SPIs of 0", PayloadType::kDelete, "03000001"},
    {"delete of 65535 SPIs that are not there", PayloadType::kDelete, "0304ffff c1d2e3f4"},
    {"delete of the IKE SA with a count", PayloadType::kDelete, "01000001"},
    {"delete of the IKE SA with an SPI", PayloadType::kDelete, "01080001 c1d2e3f4c1d2e3f4"},
    {"delete of the IKE SA with a size", PayloadType::kDelete, "01080000"},
    {"delete of an unknown protocol", PayloadType::kDelete, "04040001 c1d2e3f4"},
    {"no selector", PayloadType::kTsInitiator, "00000000"},
    {"a selector less than counted", PayloadType::kTsResponder,
     "02000000 070000100000ffff00000000ffffffff"},
    {"a selector more than counted", PayloadType::kTsResponder,
     "01000000 070000100000ffff00000000ffffffff 070000100000ffff00000000ffffffff"},
    {"first address above the last", PayloadType::kTsInitiator,
     "01000000 070000100000ffff0a0000020a000001"},
    {"IPv6, first address above the last", PayloadType::kTsInitiator,
     "01000000 080000280000ffff 20010db8000000000000000000000002 20010db8000000000000000000000001"},
    {"IPv4 selector of 40 octets", PayloadType::kTsInitiator,
     "01000000 070000280000ffff 20010db8000000000000000000000000 20010db8000000000000000000000001"},
    {"IPv6 selector of 16 octets", PayloadType::kTsInitiator,
     "01000000 080000100000ffff00000000ffffffff"},
    {"selector of 15 octets", PayloadType::kTsInitiator, "01000000 0700000f0000ffff00000000ffffff"},
    {"selector of 7 octets", PayloadType::kTsInitiator, "01000000 09000007000000"},
    {"selector of 0 octets", PayloadType::kTsInitiator, "01000000 07000000"},
    {"selector beyond the payload", PayloadType::kTsInitiator,
     "01000000 070000110000ffff00000000ffffffff"},
    {"configuration without its reserved octets", PayloadType::kConfiguration, "010000"},
    {"configuration attribute cut", PayloadType::kConfiguration, "01000000 000100"},
    {"configuration value cut", PayloadType::kConfiguration, "02000000 00010004 0a6300"},
    {"IPv4 address of 5 octets", PayloadType::kConfiguration, "02000000 00010005 0a63000100"},
    {"IPv6 address without prefix length", PayloadType::kConfiguration,
     "02000000 00080010 20010db8000000000000000000000001"},
    {"IPv6 name server of 4 octets", PayloadType::kConfiguration, "02000000 000a0004 0a630001"},
};

TEST(MalformedPayload, Table) {
  for (const BadBody& bad : kBadBodies) {
    const auto payloads = parse_body(bad.type, hex(bad.body));
    ASSERT_FALSE(payloads) << bad.why;
    EXPECT_EQ(payloads.error(), WireFailure{}) << bad.why;
  }
}

struct OddBody {
  const char* why;
  PayloadType type;
  const char* body;
};

// RFC 7296 section 2.5: reserved fields are ignored on receipt; and what others may add or mean is
// not for the parser to refuse.
constexpr OddBody kOddBodies[] = {
    {"reserved octets of proposal and transform", PayloadType::kSa,
     "00aa001001010001 00aa000804aa0000"},
    {"an answer accepts proposal 7", PayloadType::kSa, "0000001007010001 0000000804000000"},
    {"AH", PayloadType::kSa, "0000001401020401 01020304 0000000804000000"},
    {"a protocol to come, with its own kind of SPI", PayloadType::kSa,
     "0000001201090201 aabb 0000000804000000"},
    {"a rekey of the IKE SA", PayloadType::kSa,
     "0000001801010801 0102030405060708 0000000804000000"},
    {"reserved octets of a key exchange", PayloadType::kKeyExchange, "001faaaa00"},
    {"reserved octets of AUTH", PayloadType::kAuthentication, "02aaaaaa00"},
    {"nonce of 16", PayloadType::kNonce, "000102030405060708090a0b0c0d0e0f"},
    {"a protocol without SPI in a notify", PayloadType::kNotify, "0300000e"},
    {"an identity of no octets", PayloadType::kIdInitiator, "02000000"},
    {"an unknown kind of identity", PayloadType::kIdInitiator, "63000000 00"},
    {"a delete of nothing", PayloadType::kDelete, "03040000"},
    {"a delete of AH", PayloadType::kDelete, "02040001 c1d2e3f4"},
    {"opaque ports", PayloadType::kTsInitiator, "01000000 07000010ffff000000000000ffffffff"},
    {"an unknown kind of selector", PayloadType::kTsInitiator, "01aaaaaa 0900000800000000"},
    {"reserved bit of a configuration attribute", PayloadType::kConfiguration, "01aaaaaa 80010000"},
    {"an unknown configuration attribute", PayloadType::kConfiguration, "01000000 70010001 aa"},
    {"no configuration attribute", PayloadType::kConfiguration, "04000000"},
    {"an empty vendor ID", PayloadType::kVendorId, ""},
    {"EAP", PayloadType::kEap, "0102030405"},
};

TEST(OddPayload, IsTaken) {
  for (const OddBody& odd : kOddBodies) {
    EXPECT_TRUE(parse_body(odd.type, hex(odd.body))) << odd.why;
  }
}

TEST(OddPayload, UnknownAttributesSpoilTheirTransformOnly) {
  const auto payloads =
      parse_body(PayloadType::kSa,
                 hex("0000002e01010003 0300000c01000014 80110001 0300001001000014 000e00020100 0000"
                     "0000000a04000000 0000"));
  ASSERT_FALSE(payloads) << "the second attribute is cut";
  const auto long_form =
      parse_body(PayloadType::kSa, hex("0000002801010003 0300000c01000014 80110001"
                                       "0300000c01000014 800e0080 0000000804000000"));
  ASSERT_TRUE(long_form);
  const auto& transforms = long_form->sa->proposals[0].transforms;
  EXPECT_TRUE(transforms[0].has_unknown_attribute);
  EXPECT_FALSE(transforms[1].has_unknown_attribute);
  EXPECT_EQ(transforms[1].key_bits, 128);
}

// RFC 7296 section 3.3.5: the length of a key is never said in the long form.
TEST(OddPayload, AKeyLengthInTheLongFormIsNotUnderstood) {
  const auto payloads =
      parse_body(PayloadType::kSa, hex("0000001601010001 0000000e01000014 000e0002 0100"));
  ASSERT_TRUE(payloads);
  EXPECT_TRUE(payloads->sa->proposals[0].transforms[0].has_unknown_attribute);
  EXPECT_FALSE(payloads->sa->proposals[0].transforms[0].key_bits);
}

TEST(OddPayload, ANonceHasAtMost256Octets) {
  EXPECT_TRUE(parse_body(PayloadType::kNonce, Bytes(256)));
  EXPECT_FALSE(parse_body(PayloadType::kNonce, Bytes(257)));
}

TEST(OddPayload, AnIdentityIsBounded) {
  Bytes body(4 + kMaxIdentitySize, 'a');
  EXPECT_TRUE(parse_body(PayloadType::kIdInitiator, body));
  body.push_back('a');
  EXPECT_FALSE(parse_body(PayloadType::kIdInitiator, body));
}

Bytes repeated(std::string_view head, std::string_view part, std::size_t count) {
  Bytes octets = hex(head);
  const Bytes one = hex(part);
  for (std::size_t i = 0; i < count; ++i) octets.insert(octets.end(), one.begin(), one.end());
  return octets;
}

TEST(PayloadLimits, ConfigurationValues) {
  constexpr auto kType = PayloadType::kConfiguration;
  EXPECT_TRUE(parse_body(kType, repeated("01000000", "00010000", kMaxConfigurationValues)));
  EXPECT_FALSE(parse_body(kType, repeated("01000000", "00010000", kMaxConfigurationValues + 1)));
}

TEST(PayloadLimits, DeletedSpis) {
  EXPECT_TRUE(parse_body(PayloadType::kDelete, repeated("03040100", "c1d2e3f4", 256)));
  EXPECT_FALSE(parse_body(PayloadType::kDelete, repeated("03040101", "c1d2e3f4", 257)));
}

TEST(PayloadLimits, AttributesOfATransform) {
  const auto sa = [](std::size_t count) {
    Bytes octets = repeated("0000000001010001 0000000001000014", "80110001", count);
    octets[3] = static_cast<std::uint8_t>(octets.size());
    octets[11] = static_cast<std::uint8_t>(octets.size() - 8);
    return parse_body(PayloadType::kSa, octets);
  };
  EXPECT_TRUE(sa(kMaxAttributes));
  EXPECT_FALSE(sa(kMaxAttributes + 1));
}

// A config may have more networks than one payload can say.
TEST(PayloadLimits, SelectorsThatAreSent) {
  IkePayloads payloads;
  payloads.ts_initiator.emplace();
  for (unsigned i = 0; i < 300; ++i) {
    const std::uint8_t octets[] = {10, static_cast<std::uint8_t>(i >> 8),
                                   static_cast<std::uint8_t>(i), 0};
    payloads.ts_initiator->selectors.push_back(
        TrafficSelector::from_prefix({IpAddress::v4(octets), 24}));
  }
  const auto chain = serialize_payloads(payloads);
  const auto received = parse_payloads(chain.first, chain.bytes);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->ts_initiator->selectors.size(), kMaxTrafficSelectors);
  EXPECT_TRUE(all_within(received->ts_initiator->selectors, payloads.ts_initiator->selectors));
}

TEST(PayloadLimits, ProposalsAndTransforms) {
  const auto count_as_parsed = [](std::size_t proposals, std::size_t transforms) {
    IkePayloads payloads;
    payloads.sa.emplace();
    for (std::size_t i = 1; i <= proposals; ++i) {
      payloads.sa->proposals.push_back({.number = static_cast<std::uint8_t>(i),
                                        .transforms = std::vector<Transform>(transforms)});
    }
    const auto chain = serialize_payloads(payloads);
    return parse_payloads(chain.first, chain.bytes).has_value();
  };
  EXPECT_TRUE(count_as_parsed(kMaxProposals, 1));
  EXPECT_TRUE(count_as_parsed(1, kMaxTransforms));
  EXPECT_FALSE(count_as_parsed(kMaxProposals + 1, 1));
  EXPECT_FALSE(count_as_parsed(1, kMaxTransforms + 1));
}

}  // namespace
}  // namespace hawser
