// SPDX-License-Identifier: Apache-2.0
#include "tunnel/sa_selectors.h"

#include <gtest/gtest.h>

#include "tests/support/tunnel_fixture.h"
#include "tests/tunnel/plane_pair.h"

namespace hawser {
namespace {

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

TrafficSelector range(std::string_view first, std::string_view last) {
  return {address(first), address(last)};
}

TEST(AddressRanges, HoldBothEndsAndNothingBeside) {
  const AddressRanges ranges({range("10.1.0.5", "10.1.1.9"), range("2001:db8::5", "2001:db8:1::"),
                              range("192.0.2.1", "192.0.2.1")});
  for (const char* inside : {"10.1.0.5", "10.1.0.255", "10.1.1.9", "192.0.2.1", "2001:db8::5",
                             "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8:1::"}) {
    EXPECT_TRUE(ranges.contains(address(inside))) << inside;
  }
  for (const char* outside : {"10.1.0.4", "10.1.1.10", "9.255.255.255", "192.0.2.0", "192.0.2.2",
                              "2001:db8::4", "2001:db8:1::1", "::10.1.0.5", "::", "0.0.0.0"}) {
    EXPECT_FALSE(ranges.contains(address(outside))) << outside;
  }
}

TEST(AddressRanges, OfAWholeFamilyHoldItsLastAddress) {
  const AddressRanges ranges({range("0.0.0.0", "255.255.255.255")});
  EXPECT_TRUE(ranges.contains(address("255.255.255.255")));
  EXPECT_FALSE(ranges.contains(address("::")));
  EXPECT_FALSE(AddressRanges({}).contains(address("10.0.0.1")));
}

// left's SA for 10.1.0.0-10.1.0.9 to 10.2.0.0-10.2.0.9, within the allowed-ips of both.
struct NarrowPair : PlanePair {
  NarrowPair(bool narrow_left, bool narrow_right) {
    SaPair pair = test_sa_pair(1, 1, 1);
    const TrafficSelectors lefts = {range("10.1.0.0", "10.1.0.9")};
    const TrafficSelectors rights = {range("10.2.0.0", "10.2.0.9")};
    InstallOutboundSa out{
        .peer = PeerId(1), .spi = pair.left.spi_out, .key = pair.left.key_out.clone()};
    if (narrow_left) out.selectors = SaSelectors{lefts, rights};
    ReplaceOutboundSas replace{PeerId(1), {}};
    replace.sas.push_back(std::move(out));
    left.handle_command(std::move(replace), {});
    InstallInboundSa in{
        .peer = PeerId(1), .spi = pair.right.spi_in, .key = pair.right.key_in.clone()};
    if (narrow_right) in.selectors = SaSelectors{rights, lefts};
    right.handle_command(std::move(in), {});
  }
  static Bytes packet(std::string_view source, std::string_view destination) {
    return make_udp({.source = source, .destination = destination}, pattern(20));
  }
};

TEST(SelectorCheck, TheSenderDropsWhatTheSaDoesNotCarry) {
  NarrowPair planes(true, false);
  EXPECT_EQ(planes.open(planes.seal(NarrowPair::packet("10.1.0.9", "10.2.0.9"))).size(), 1u);
  EXPECT_TRUE(planes.seal(NarrowPair::packet("10.1.0.10", "10.2.0.9")).empty()) << "source";
  EXPECT_TRUE(planes.seal(NarrowPair::packet("10.1.0.9", "10.2.0.10")).empty()) << "destination";
  EXPECT_EQ(PlanePair::drops(planes.left, DropReason::kOutboundSelector), 2u);
}

// RFC 4301 section 5.2, step 4.
TEST(SelectorCheck, TheReceiverDropsWhatTheSaDoesNotCarry) {
  NarrowPair planes(false, true);
  EXPECT_EQ(planes.open(planes.seal(NarrowPair::packet("10.1.0.9", "10.2.0.9"))).size(), 1u);
  EXPECT_TRUE(planes.open(planes.seal(NarrowPair::packet("10.1.0.10", "10.2.0.9"))).empty());
  EXPECT_TRUE(planes.open(planes.seal(NarrowPair::packet("10.1.0.9", "10.2.0.10"))).empty());
  EXPECT_EQ(PlanePair::drops(planes.right, DropReason::kSelectorMismatch), 2u);
}

}  // namespace
}  // namespace hawser
