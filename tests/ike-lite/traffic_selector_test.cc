// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/traffic_selector.h"

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

// "10.0.0.0/8", "10.0.0.1-10.0.0.9", and lists of them.
TrafficSelector range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return TrafficSelector::from_prefix(*IpPrefix::parse(text));
  return {address(text.substr(0, dash)), address(text.substr(dash + 1))};
}
TrafficSelectors ranges(std::initializer_list<std::string_view> texts) {
  TrafficSelectors selectors;
  for (const auto text : texts) selectors.push_back(range(text));
  return selectors;
}

TEST(TrafficSelector, FromPrefix) {
  EXPECT_EQ(range("10.1.2.3/8"), (TrafficSelector{address("10.0.0.0"), address("10.255.255.255")}));
  EXPECT_EQ(range("0.0.0.0/0"), (TrafficSelector{address("0.0.0.0"), address("255.255.255.255")}));
  EXPECT_EQ(range("fd00::/33"),
            (TrafficSelector{address("fd00::"), address("fd00:0:7fff:ffff:ffff:ffff:ffff:ffff")}));
  EXPECT_EQ(range("::1/128"), TrafficSelector::from_address(address("::1")));
}

TEST(TrafficSelector, Contains) {
  EXPECT_TRUE(range("10.0.0.0/8").contains(address("10.0.0.0")));
  EXPECT_TRUE(range("10.0.0.0/8").contains(address("10.255.255.255")));
  EXPECT_FALSE(range("10.0.0.0/8").contains(address("9.255.255.255")));
  EXPECT_FALSE(range("10.0.0.0/8").contains(address("11.0.0.0")));
  EXPECT_FALSE(range("0.0.0.0/0").contains(address("::1")));
  EXPECT_FALSE(range("::/0").contains(address("10.0.0.1")));
  EXPECT_TRUE(range("10.0.0.0/8").contains(range("10.0.0.1-10.0.0.9")));
  EXPECT_FALSE(range("10.0.0.1-10.0.0.9").contains(range("10.0.0.1-10.0.0.10")));
}

TEST(TrafficSelector, Intersect) {
  EXPECT_EQ(range("10.0.0.0/8").intersect(range("10.1.0.0/16")), range("10.1.0.0/16"));
  EXPECT_EQ(range("10.0.0.1-10.0.0.9").intersect(range("10.0.0.5-10.0.0.20")),
            range("10.0.0.5-10.0.0.9"));
  EXPECT_EQ(range("10.0.0.1-10.0.0.5").intersect(range("10.0.0.5-10.0.0.9")), range("10.0.0.5/32"));
  EXPECT_FALSE(range("10.0.0.1-10.0.0.4").intersect(range("10.0.0.5-10.0.0.9")));
  EXPECT_FALSE(range("0.0.0.0/0").intersect(range("::/0")));
}

TEST(TrafficSelector, Text) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::1/128", "10.0.0.1-10.0.0.9",
                           "fd00::1-fd00::ff"}) {
    EXPECT_EQ(range(text).to_string(), text);
  }
  EXPECT_EQ(to_string(ranges({"10.0.0.0/8", "::/0"})), "10.0.0.0/8, ::/0");
  EXPECT_EQ(to_string(TrafficSelectors()), "");
}

TEST(TrafficSelector, Prefixes) {
  std::string text;
  for (const IpPrefix& prefix : range("10.0.0.1-10.0.0.9").to_prefixes()) {
    text += prefix.to_string() + " ";
  }
  EXPECT_EQ(text, "10.0.0.1/32 10.0.0.2/31 10.0.0.4/30 10.0.0.8/31 ");
  EXPECT_EQ(range("0.0.0.1-255.255.255.254").to_prefixes().size(), 62u);
  EXPECT_EQ(range("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").to_prefixes().size(), 254u);
}

// Covers exactly the range, without overlap: each prefix begins where the one before ended.
TEST(TrafficSelector, PrefixesOfRandomRanges) {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    std::uint8_t octets[2][4];
    for (auto& end : octets) random.fill(end);
    if (i % 3 == 0) std::copy(octets[0], octets[0] + 3, octets[1]);
    IpAddress first = IpAddress::v4(octets[0]);
    IpAddress last = IpAddress::v4(octets[1]);
    if (last < first) std::swap(first, last);
    std::uint64_t expected = load_be32(first.octets().data());
    for (const IpPrefix& prefix : TrafficSelector{first, last}.to_prefixes()) {
      ASSERT_TRUE(prefix.is_network());
      ASSERT_EQ(load_be32(prefix.address.octets().data()), expected);
      expected += std::uint64_t{1} << (32 - prefix.length);
    }
    ASSERT_EQ(expected, std::uint64_t{load_be32(last.octets().data())} + 1);
  }
}

// RFC 7296 section 2.9.
TEST(Narrow, Table) {
  const struct {
    TrafficSelectors offered;
    TrafficSelectors allowed;
    const char* result;
  } cases[] = {
      {ranges({"0.0.0.0/0"}), ranges({"10.0.0.0/24"}), "10.0.0.0/24"},
      {ranges({"10.0.0.0/24"}), ranges({"0.0.0.0/0", "::/0"}), "10.0.0.0/24"},
      {ranges({"10.0.0.0/24"}), ranges({"10.1.0.0/24"}), ""},
      {ranges({"0.0.0.0/0"}), ranges({"::/0"}), ""},
      {ranges({"::/0", "0.0.0.0/0"}), ranges({"10.0.0.0/8", "fd00::/8"}), "fd00::/8, 10.0.0.0/8"},
      {ranges({"10.0.0.0/8"}), ranges({"10.2.0.0/16", "10.1.0.0/16"}), "10.2.0.0/16, 10.1.0.0/16"},
      {ranges({"10.0.0.5/32", "10.0.0.0/24"}), ranges({"10.0.0.0/16"}), "10.0.0.5/32, 10.0.0.0/24"},
      {ranges({"10.0.0.0/24", "10.0.0.5/32"}), ranges({"10.0.0.0/16"}), "10.0.0.0/24"},
      {ranges({"10.0.0.0/24"}), ranges({"10.0.0.0/16", "10.0.0.0/8"}), "10.0.0.0/24"},
      {{}, ranges({"10.0.0.0/16"}), ""},
      {ranges({"10.0.0.0/16"}), {}, ""},
  };
  for (const auto& known : cases) {
    const auto narrowed = narrow(known.offered, known.allowed);
    EXPECT_EQ(to_string(narrowed), known.result);
    EXPECT_TRUE(all_within(narrowed, known.offered));
    EXPECT_TRUE(all_within(narrowed, known.allowed));
  }
}

TEST(Narrow, IsBounded) {
  TrafficSelectors offered;
  TrafficSelectors allowed;
  for (std::uint8_t i = 0; i < 100; ++i) {
    const std::uint8_t first[] = {10, 0, i, 200};
    const std::uint8_t last[] = {10, 0, static_cast<std::uint8_t>(i + 100), 100};
    offered.push_back({IpAddress::v4(first), IpAddress::v4(last)});
  }
  for (unsigned i = 0; i < 250; ++i) {
    const std::uint8_t net[] = {10, 0, static_cast<std::uint8_t>(i), 0};
    allowed.push_back(TrafficSelector::from_prefix({IpAddress::v4(net), 24}));
  }
  EXPECT_EQ(narrow(offered, allowed).size(), kMaxTrafficSelectors);
}

TEST(AllWithin, EachMustLieInOne) {
  EXPECT_TRUE(all_within({}, {}));
  EXPECT_FALSE(all_within(ranges({"10.0.0.0/8"}), {}));
  EXPECT_TRUE(
      all_within(ranges({"10.1.0.0/16", "fd00::1/128"}), ranges({"fd00::/8", "10.0.0.0/8"})));
  EXPECT_FALSE(all_within(ranges({"10.1.0.0/16", "11.0.0.0/16"}), ranges({"10.0.0.0/8"})));
}

}  // namespace
}  // namespace hawser
