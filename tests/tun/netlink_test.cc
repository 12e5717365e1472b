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

TEST_F(NetlinkTest, DeviceGoesWithItsObject) {
  const std::string gone = name();
  device_.reset();
  EXPECT_FALSE(netlink_->interface_index(gone));
}

}  // namespace
}  // namespace hawser
