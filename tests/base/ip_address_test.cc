// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <gtest/gtest.h>

#include <set>

namespace hawser {
namespace {

IpAddress ip(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

IpPrefix prefix(std::string_view text) {
  const auto parsed = IpPrefix::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(IpPrefix());
}

TEST(IpAddress, ParsesAndFormats) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1",
                           "ff02::1", "2001:db8:1:2:3:4:5:6", "::ffff:192.0.2.1"}) {
    EXPECT_EQ(ip(text).to_string(), text);
  }
  EXPECT_EQ(ip("2001:DB8:0:0:0:0:0:1").to_string(), "2001:db8::1");
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const char* text : {"",          " ",          "1",         "1.2.3",
                           "1.2.3.4.5", "256.1.1.1",  "1.2.3.4 ",  " 1.2.3.4",
                           "1.2.3.-4",  "0x7f.0.0.1", "1.2.3.4/8", ":",
                           ":::",       "1::2::3",    "12345::",   "fe80::1%eth0",
                           "[::1]",     "g::1",       "localhost", "2001:db8:1:2:3:4:5:6:7",
                           "1.2.3.4\n"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << '"' << text << '"';
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
  EXPECT_FALSE(IpAddress::parse(std::string(10000, '1')));
}

TEST(IpAddress, HoldsItsOctets) {
  const std::uint8_t v4[4] = {192, 0, 2, 1};
  EXPECT_EQ(IpAddress::v4(v4), ip("192.0.2.1"));
  EXPECT_EQ(ip("192.0.2.1").octets().size(), 4u);
  EXPECT_EQ(ip("192.0.2.1").bit_count(), 32u);
  const std::uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
  EXPECT_EQ(IpAddress::v6(v6), ip("2001:db8::7"));
  EXPECT_EQ(ip("::").octets().size(), 16u);
  EXPECT_EQ(ip("::").bit_count(), 128u);
}

TEST(IpAddress, ComparesByFamilyAndOctets) {
  EXPECT_NE(ip("0.0.0.0"), ip("::"));
  EXPECT_NE(ip("192.0.2.1"), ip("::ffff:192.0.2.1"));
  EXPECT_LT(ip("9.255.255.255"), ip("10.0.0.0"));
  EXPECT_LT(ip("255.255.255.255"), ip("::"));
  EXPECT_LT(ip("2001:db8::1"), ip("2001:db8::2"));
  EXPECT_EQ(IpAddress(), ip("0.0.0.0"));
}

TEST(IpAddress, KnowsSpecialAddresses) {
  const std::set<std::string> multicast = {"224.0.0.0", "239.255.255.255", "255.255.255.255",
                                           "ff00::", "ff02::1"};
  const std::set<std::string> link_local = {"169.254.0.0", "169.254.255.255", "fe80::1",
                                            "febf:ffff::"};
  const std::set<std::string> loopback = {"127.0.0.1", "127.255.255.255", "::1"};
  const std::set<std::string> unspecified = {"0.0.0.0", "::"};
  std::set<std::string> all = {"10.0.0.1",  "169.253.255.255", "169.255.0.0", "223.255.255.255",
                               "240.0.0.1", "2001:db8::1",     "fec0::",      "fe7f:ffff::",
                               "::2",       "10.0.0.255",      "128.0.0.1",   "126.255.255.255",
                               "1::1"};
  for (const auto& some : {multicast, link_local, loopback, unspecified})
    all.insert(some.begin(), some.end());
  for (const std::string& text : all) {
    EXPECT_EQ(ip(text).is_multicast_or_broadcast(), multicast.contains(text)) << text;
    EXPECT_EQ(ip(text).is_link_local(), link_local.contains(text)) << text;
    EXPECT_EQ(ip(text).is_loopback(), loopback.contains(text)) << text;
    EXPECT_EQ(ip(text).is_unspecified(), unspecified.contains(text)) << text;
  }
}

TEST(IpPrefix, ParsesAndFormats) {
  for (const char* text :
       {"0.0.0.0/0", "10.8.0.2/24", "10.8.0.2/32", "::/0", "2001:db8::1/64", "2001:db8::1/128"}) {
    EXPECT_EQ(prefix(text).to_string(), text);
  }
  EXPECT_EQ(prefix("10.8.0.2").to_string(), "10.8.0.2/32");
  EXPECT_EQ(prefix("2001:db8::").to_string(), "2001:db8::/128");
}

TEST(IpPrefix, RefusesEverythingElse) {
  for (const char* text : {"", "/", "/24", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+1",
                           "10.0.0.0/ 8", "10.0.0.0/8 ", "10.0.0.0/8/8", "::/129", "::/0x10",
                           "10.0.0.0/4294967304", "10.0.0.0/255.0.0.0", "10.0.0.0/0000000008"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
}

TEST(IpPrefix, ContainsByBits) {
  EXPECT_TRUE(prefix("10.8.0.0/24").contains(ip("10.8.0.255")));
  EXPECT_FALSE(prefix("10.8.0.0/24").contains(ip("10.8.1.0")));
  EXPECT_TRUE(prefix("10.8.0.0/23").contains(ip("10.8.1.0")));
  EXPECT_TRUE(prefix("10.8.0.128/25").contains(ip("10.8.0.200")));
  EXPECT_FALSE(prefix("10.8.0.128/25").contains(ip("10.8.0.127")));
  EXPECT_TRUE(prefix("10.8.0.1/32").contains(ip("10.8.0.1")));
  EXPECT_FALSE(prefix("10.8.0.1/32").contains(ip("10.8.0.0")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(ip("203.0.113.9")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(ip("2001:db8::1")));
  EXPECT_TRUE(prefix("::/0").contains(ip("2001:db8::1")));
  EXPECT_FALSE(prefix("::/0").contains(ip("203.0.113.9")));
  EXPECT_TRUE(prefix("2001:db8::/33").contains(ip("2001:db8:7fff::")));
  EXPECT_FALSE(prefix("2001:db8::/33").contains(ip("2001:db8:8000::")));
}

TEST(IpPrefix, OverlapsBothWays) {
  const auto overlap = [](const char* a, const char* b) {
    EXPECT_EQ(prefix(a).overlaps(prefix(b)), prefix(b).overlaps(prefix(a))) << a << " " << b;
    return prefix(a).overlaps(prefix(b));
  };
  EXPECT_TRUE(overlap("10.0.0.0/8", "10.8.0.0/24"));
  EXPECT_TRUE(overlap("10.8.0.0/24", "10.8.0.0/24"));
  EXPECT_TRUE(overlap("0.0.0.0/0", "203.0.113.0/24"));
  EXPECT_FALSE(overlap("10.8.0.0/24", "10.8.1.0/24"));
  EXPECT_FALSE(overlap("0.0.0.0/0", "::/0"));
  EXPECT_TRUE(overlap("2001:db8::/32", "2001:db8:1::/48"));
  EXPECT_FALSE(overlap("10.0.0.0/9", "10.128.0.0/9"));
}

TEST(IpPrefix, NetworkClearsHostBits) {
  EXPECT_EQ(prefix("10.8.0.2/24").network().to_string(), "10.8.0.0/24");
  EXPECT_EQ(prefix("10.8.3.2/23").network().to_string(), "10.8.2.0/23");
  EXPECT_EQ(prefix("10.8.0.2/0").network().to_string(), "0.0.0.0/0");
  EXPECT_EQ(prefix("10.8.0.2/32").network().to_string(), "10.8.0.2/32");
  EXPECT_EQ(prefix("2001:db8:ffff::1/33").network().to_string(), "2001:db8:8000::/33");
  EXPECT_FALSE(prefix("10.8.0.2/24").is_network());
  EXPECT_TRUE(prefix("10.8.0.0/24").is_network());
  EXPECT_TRUE(prefix("0.0.0.0/0").is_network());
  EXPECT_FALSE(prefix("10.8.0.128/24").is_network());
}

TEST(TransportAddress, ParsesAndFormats) {
  for (const char* text : {"192.0.2.1:4500", "0.0.0.0:0", "[2001:db8::1]:65535", "[::]:0"}) {
    const auto parsed = TransportAddress::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->to_string(), text);
  }
}

TEST(TransportAddress, RefusesEverythingElse) {
  for (const char* text :
       {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", ":4500",
        "[192.0.2.1]:4500", "2001:db8::1:4500", "[2001:db8::1]", "[2001:db8::1]4500", "[]:4500",
        "vpn.example.com:4500", "192.0.2.1:45 ", "192.0.2.1:045000", "[2001:db8::1:4500"}) {
    EXPECT_FALSE(TransportAddress::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hawser
