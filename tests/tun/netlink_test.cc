// SPDX-License-Identifier: Apache-2.0
#include "tun/netlink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tun/own_namespace.h"
#include "tun/tun_device.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;

class NetlinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    auto device = TunDevice::open({.name = "hwt%d", .queues = 1, .offloads = {}});
    if (!device) GTEST_SKIP() << device.error().what;
    device_.emplace(std::move(*device));
    auto netlink = Netlink::open();
    ASSERT_TRUE(netlink) << netlink.error().what;
    netlink_.emplace(std::move(*netlink));
  }
  static IpPrefix prefix(const char* text) { return *IpPrefix::parse(text); }
  const std::string& name() const { return device_->name(); }

  std::optional<TunDevice> device_;
  std::optional<Netlink> netlink_;
};

template <typename T>
std::string text_of(const Result<T, OsError>& result) {
  return result ? "" : result.error().what;
}

TEST_F(NetlinkTest, SetsUpADeviceAndRoutesToIt) {
  Netlink& netlink = *netlink_;
  EXPECT_EQ(text_of(netlink.set_mtu(name(), 1337)), "");
  EXPECT_EQ(netlink.interface_mtu(name()).value_or(0), 1337U);
  EXPECT_EQ(text_of(netlink.set_tx_queue_length(name(), 1234)), "");
  EXPECT_EQ(text_of(netlink.set_up(name())), "");
  EXPECT_EQ(text_of(netlink.add_address(name(), prefix("10.8.0.2/24"))), "");
  EXPECT_EQ(text_of(netlink.add_address(name(), prefix("fd00:8::2/64"))), "");
  EXPECT_EQ(text_of(netlink.add_route({prefix("10.2.0.0/16"), name()})), "");
  EXPECT_EQ(text_of(netlink.add_route({prefix("fd00:9::/64"), name(), 254, 50})), "");
  EXPECT_EQ(text_of(netlink.add_route({prefix("0.0.0.0/0"), name(), 51820})), "");

  const auto v4 = netlink.find_route(*IpAddress::parse("10.2.3.4"));
  ASSERT_TRUE(v4) << v4.error().what;
  EXPECT_EQ(v4->device, name());
  EXPECT_EQ(v4->mtu, 1337U);
  EXPECT_EQ(v4->source, IpAddress::parse("10.8.0.2"));
  const auto v6 = netlink.find_route(*IpAddress::parse("fd00:9::1"));
  ASSERT_TRUE(v6) << v6.error().what;
  EXPECT_EQ(v6->source, IpAddress::parse("fd00:8::2"));  // usable at once: no DAD

  EXPECT_EQ(text_of(netlink.delete_route({prefix("10.2.0.0/16"), name()})), "");
  EXPECT_EQ(text_of(netlink.delete_route({prefix("fd00:9::/64"), name(), 254, 50})), "");
  EXPECT_EQ(text_of(netlink.delete_route({prefix("0.0.0.0/0"), name(), 51820})), "");
  EXPECT_FALSE(netlink.find_route(*IpAddress::parse("10.2.3.4")));
  EXPECT_EQ(text_of(netlink.delete_address(name(), prefix("10.8.0.2/24"))), "");
  EXPECT_EQ(text_of(netlink.delete_address(name(), prefix("fd00:8::2/64"))), "");
  EXPECT_EQ(text_of(netlink.set_up(name(), false)), "");
}

TEST_F(NetlinkTest, ErrorsAreSentences) {
  Netlink& netlink = *netlink_;
  ASSERT_TRUE(netlink.set_up(name()));
  ASSERT_TRUE(netlink.add_route({prefix("10.2.0.0/16"), name()}));
  const auto twice = netlink.add_route({prefix("10.2.0.0/16"), name()});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().what, "cannot add route 10.2.0.0/16 dev " + name() + ": File exists");
  EXPECT_EQ(twice.error().code, EEXIST);
  EXPECT_THAT(text_of(netlink.set_mtu("nosuch0", 1400)), HasSubstr("nosuch0: No such device"));
  EXPECT_NE(text_of(netlink.set_mtu(name(), 10)), "");
  EXPECT_NE(text_of(netlink.delete_address(name(), prefix("10.9.9.9/32"))), "");
  // The socket is still in step.
  EXPECT_TRUE(netlink.interface_index(name()));
  EXPECT_TRUE(netlink.set_mtu(name(), 1400));
}

TEST_F(NetlinkTest, RulesKeepMarkedPacketsOutOfATable) {
  Netlink& netlink = *netlink_;
  ASSERT_TRUE(netlink.set_up(name()));
  const IpAddress v4 = *IpAddress::parse("198.51.100.7");
  const IpAddress v6 = *IpAddress::parse("2001:db8::7");
  ASSERT_EQ(text_of(netlink.add_address(name(), prefix("10.8.0.2/24"))), "");
  ASSERT_EQ(text_of(netlink.add_address(name(), prefix("fd00:8::2/64"))), "");
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    const IpAddress& address = family == IpFamily::kV4 ? v4 : v6;
    const IpPrefix all = prefix(family == IpFamily::kV4 ? "0.0.0.0/0" : "::/0");
    const PolicyRule main{family, 32764, kMainTable, std::nullopt, 0};
    const PolicyRule own{family, 32765, 4500, 4500, std::nullopt};
    ASSERT_EQ(text_of(netlink.add_route({all, name(), 4500})), "");
    EXPECT_FALSE(netlink.find_route(address));
    ASSERT_EQ(text_of(netlink.add_rule(main)), "");
    ASSERT_EQ(text_of(netlink.add_rule(own)), "");
    EXPECT_EQ(netlink.add_rule(own).error().code, EEXIST);
    const auto route = netlink.find_route(address);
    ASSERT_TRUE(route) << route.error().what;
    EXPECT_EQ(route->device, name());
    EXPECT_FALSE(netlink.find_route(address, 4500)) << "marked packets have no default route";
    const auto numbers = netlink.policy_numbers();
    ASSERT_TRUE(numbers) << numbers.error().what;
    EXPECT_TRUE(numbers->tables.contains(4500) && numbers->tables.contains(kMainTable));
    EXPECT_TRUE(numbers->marks.contains(4500));
    EXPECT_TRUE(numbers->priorities.contains(32764) && numbers->priorities.contains(32765));
    EXPECT_EQ(text_of(netlink.delete_rule(own)), "");
    EXPECT_EQ(text_of(netlink.delete_rule(main)), "");
    EXPECT_FALSE(netlink.find_route(address));
    EXPECT_NE(text_of(netlink.delete_rule(own)), "") << "gone, and nothing else was deleted";
    EXPECT_FALSE(netlink.policy_numbers()->marks.contains(4500));
    EXPECT_TRUE(netlink.policy_numbers()->tables.contains(4500)) << "its route is still there";
  }
  EXPECT_EQ((PolicyRule{IpFamily::kV4, 32764, kMainTable, std::nullopt, 0}).to_string(),
            "32764: lookup main suppress_prefixlength 0");
  EXPECT_EQ((PolicyRule{IpFamily::kV4, 32765, 4500, 4500, std::nullopt}).to_string(),
            "32765: not fwmark 4500 lookup 4500");
}

TEST_F(NetlinkTest, DeviceGoesWithItsObject) {
  const std::string gone = name();
  device_.reset();
  EXPECT_FALSE(netlink_->interface_index(gone));
}

}  // namespace
}  // namespace hawser
