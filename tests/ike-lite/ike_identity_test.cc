// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/ike_identity.h"

#include <gtest/gtest.h>

#include "tests/ike-lite/wire_octets.h"

namespace hawser {
namespace {

using test::hex;

TEST(IkeIdentity, TextOfTheConfig) {
  const struct {
    const char* text;
    IdType type;
    Bytes data;
  } cases[] = {
      {"192.0.2.1", IdType::kIpv4, hex("c0000201")},
      {"2001:db8::1", IdType::kIpv6, hex("20010db8000000000000000000000001")},
      {"gw.lab", IdType::kFqdn, {'g', 'w', '.', 'l', 'a', 'b'}},
      {"hq", IdType::kFqdn, {'h', 'q'}},
      {"a_b-1", IdType::kFqdn, {'a', '_', 'b', '-', '1'}},
      {"a@b", IdType::kRfc822, {'a', '@', 'b'}},
      {"key:00ffA0", IdType::kKeyId, hex("00ffa0")},
      {"dn:3000", IdType::kDerDn, hex("3000")},
  };
  for (const auto& known : cases) {
    const auto identity = IkeIdentity::parse(known.text);
    ASSERT_TRUE(identity) << known.text;
    EXPECT_EQ(*identity, IkeIdentity::from_wire(known.type, known.data)) << known.text;
    EXPECT_EQ(IkeIdentity::parse(identity->to_string()), identity) << known.text;
  }
}

TEST(IkeIdentity, TextThatIsNone) {
  for (const char* text : {"",
                           ".",
                           "a.",
                           ".a",
                           "a..b",
                           "a b",
                           "key:",
                           "key:0",
                           "key:0g",
                           "dn:",
                           "300.1.1.1",
                           "192.0.2.1/24",
                           "2001:db8::g",
                           "@b",
                           "a@",
                           "a@b@",
                           "a@1",
                           "\xc3\xa4.example",
                           "a\\b",
                           "fqdn:a@b",
                           "fqdn:a",
                           "a/b"}) {
    EXPECT_FALSE(IkeIdentity::parse(text)) << text;
  }
  EXPECT_FALSE(IkeIdentity::parse(std::string_view("a\0b", 3)));
  EXPECT_TRUE(IkeIdentity::parse(std::string(253, 'a')));
  EXPECT_FALSE(IkeIdentity::parse(std::string(254, 'a')));
}

TEST(IkeIdentity, OfARawKey) {
  const Bytes key(32, 0xab);
  EXPECT_EQ(IkeIdentity::from_key(key), IkeIdentity::from_wire(IdType::kKeyId, key));
  EXPECT_EQ(IkeIdentity::from_key(hex("0aff")).to_string(), "key:0aff");
}

TEST(IkeIdentity, NothingUnprintableIsShown) {
  const auto shown = [](IdType type, const Bytes& data) {
    return IkeIdentity::from_wire(type, data).to_string();
  };
  EXPECT_EQ(shown(IdType::kFqdn, {'a', '\n', 0x1b, 'b'}), "fqdn:a\\x0a\\x1bb");
  EXPECT_EQ(shown(IdType::kRfc822, {0xff, '@', 'b', ' '}), "email:\\xff@b\\x20");
  EXPECT_EQ(shown(IdType::kFqdn, {}), "fqdn:");
  EXPECT_EQ(shown(IdType::kIpv4, {1, 2}), "id-type-1:0102");
  EXPECT_EQ((IkeIdentity{.type = 99, .data = {0xfe}}.to_string()), "id-type-99:fe");
}

// A peer may not look like another by calling itself an address or a key in another type.
TEST(IkeIdentity, KindsDoNotLookAlike) {
  const auto fqdn = [](std::string_view text) {
    return IkeIdentity{.type = 2, .data = Bytes(text.begin(), text.end())};
  };
  EXPECT_EQ(fqdn("192.0.2.1").to_string(), "fqdn:192.0.2.1");
  EXPECT_EQ(fqdn("key:00").to_string(), "fqdn:key:00");
  EXPECT_EQ(fqdn("a@b").to_string(), "fqdn:a@b");
  EXPECT_FALSE(fqdn("192.0.2.1").same_as(*IkeIdentity::parse("192.0.2.1")));
}

TEST(IkeIdentity, SameAs) {
  const auto same = [](std::string_view a, std::string_view b) {
    return IkeIdentity::parse(a)->same_as(*IkeIdentity::parse(b));
  };
  EXPECT_TRUE(same("GW.Example", "gw.eXAMPLE"));
  EXPECT_FALSE(same("gw.example", "gw.exampl"));
  EXPECT_FALSE(same("gw.example", "gw-example"));
  EXPECT_TRUE(same("joe@GW.example", "joe@gw.example"));
  EXPECT_FALSE(same("Joe@gw.example", "joe@gw.example")) << "RFC 5321 section 2.4";
  EXPECT_FALSE(same("joe@gw.example", "jo@gw.example"));
  EXPECT_FALSE(same("key:61", "key:41"));
  EXPECT_FALSE(same("192.0.2.1", "192.0.2.2"));
  IkeIdentity reserved = *IkeIdentity::parse("a");
  reserved.reserved = {1, 2, 3};
  EXPECT_TRUE(reserved.same_as(*IkeIdentity::parse("a")));
  EXPECT_NE(reserved, *IkeIdentity::parse("a"));
}

// RFC 7296 section 2.15: AUTH is made over the identity as it came.
TEST(IkeIdentity, ReservedOctetsAreKept) {
  const Bytes body = hex("02a1b2c3 6161");
  const auto payloads = test::parse_body(PayloadType::kIdInitiator, body);
  ASSERT_TRUE(payloads);
  EXPECT_EQ(test::body_of(*payloads), body);
}

}  // namespace
}  // namespace hawser
