// SPDX-License-Identifier: Apache-2.0
#include "tunnel/route_table.h"

#include <gtest/gtest.h>

#include "tunnel/peer_table.h"

namespace hawser {
namespace {

std::uint32_t lookup(const RouteTable& table, std::string_view address) {
  const RouteTable::Entry* entry = table.find(*IpAddress::parse(address));
  return entry == nullptr ? 0 : entry->peer.value();
}

TEST(RouteTable, LongestPrefixWins) {
  RouteTable table;
  table.add(*IpPrefix::parse("10.0.0.0/8"), PeerId(1));
  table.add(*IpPrefix::parse("10.1.0.0/16"), PeerId(2));
  table.add(*IpPrefix::parse("10.1.2.3/32"), PeerId(3));
  table.add(*IpPrefix::parse("fd00::/8"), PeerId(4));
  EXPECT_EQ(lookup(table, "10.9.9.9"), 1u);
  EXPECT_EQ(lookup(table, "10.1.9.9"), 2u);
  EXPECT_EQ(lookup(table, "10.1.2.3"), 3u);
  EXPECT_EQ(lookup(table, "fd01::1"), 4u);
  EXPECT_EQ(lookup(table, "11.0.0.1"), 0u);
  EXPECT_EQ(lookup(table, "2001:db8::1"), 0u);
  table.remove_peer(PeerId(2));
  EXPECT_EQ(lookup(table, "10.1.9.9"), 1u);
}

TEST(RouteTable, DefaultRoutesOfBothFamilies) {
  RouteTable table;
  table.add(*IpPrefix::parse("0.0.0.0/0"), PeerId(1));
  table.add(*IpPrefix::parse("::/0"), PeerId(2));
  EXPECT_EQ(lookup(table, "203.0.113.1"), 1u);
  EXPECT_EQ(lookup(table, "2001:db8::1"), 2u);
}

TEST(PeerTable, RestrictedScopeNeedsAPrefixOfItsKind) {
  PeerTable peers;
  peers.install({.peer = PeerId(1), .allowed_ips = {*IpPrefix::parse("0.0.0.0/0")}}, {});
  EXPECT_EQ(peers.find_by_inner(*IpAddress::parse("224.0.0.251")), nullptr);
  EXPECT_EQ(peers.find_by_inner(*IpAddress::parse("169.254.1.1")), nullptr);
  EXPECT_EQ(peers.find_by_inner(*IpAddress::parse("255.255.255.255")), nullptr);
  EXPECT_NE(peers.find_by_inner(*IpAddress::parse("8.8.8.8")), nullptr);
  peers.install({.peer = PeerId(1),
                 .allowed_ips = {*IpPrefix::parse("0.0.0.0/0"), *IpPrefix::parse("224.0.0.0/24")}},
                {});
  EXPECT_NE(peers.find_by_inner(*IpAddress::parse("224.0.0.251")), nullptr);
  EXPECT_EQ(peers.find_by_inner(*IpAddress::parse("239.0.0.1")), nullptr);
}

}  // namespace
}  // namespace hawser
