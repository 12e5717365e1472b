// SPDX-License-Identifier: Apache-2.0
#include "tun/link_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <ranges>
#include <string>

#include "tests/tun/own_namespace.h"
#include "tun/link_watch.h"
#include "tun/tun_device.h"

namespace hawser {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpPrefix prefix(const char* text) { return *IpPrefix::parse(text); }
IpAddress address(const char* text) { return *IpAddress::parse(text); }

template <typename T>
std::string text_of(const Result<T, OsError>& result) {
  return result ? "" : result.error().what;
}

// Two links, a and b, in a namespace with nothing else.
class LinkTableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    a_ = make("hwa");
    b_ = make("hwb");
    if (!a_ || !b_) GTEST_SKIP() << "no TUN devices here";
    auto netlink = Netlink::open();
    ASSERT_TRUE(netlink) << netlink.error().what;
    netlink_.emplace(std::move(*netlink));
  }
  static std::optional<TunDevice> make(const char* name) {
    auto device = TunDevice::open({.name = name, .queues = 1, .offloads = {}});
    if (!device) return std::nullopt;
    return std::move(*device);
  }
  std::vector<LocalLink> read(std::vector<IpAddress> remotes = {}, const char* ours = "") {
    auto table = LinkTable::open({.ours = ours});
    EXPECT_TRUE(table) << table.error().what;
    auto links = table->read(remotes);
    EXPECT_TRUE(links) << links.error().what;
    return std::move(*links);
  }

  std::optional<TunDevice> a_;
  std::optional<TunDevice> b_;
  std::optional<Netlink> netlink_;
};

TEST_F(LinkTableTest, HasLinksAndTheAddressesThatMayBeSentFrom) {
  ASSERT_EQ(text_of(netlink_->set_mtu("hwa", 1400)), "");
  ASSERT_EQ(text_of(netlink_->set_up("hwa")), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("192.0.2.1/24"))), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("192.0.2.2/24"))), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("169.254.7.7/16"))), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("2001:db8::1/64"))), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("fe80::77/64"))), "");
  const auto links = read();
  ASSERT_EQ(links.size(), 2u) << "and no loopback";
  EXPECT_EQ(links[0].name, "hwa");
  EXPECT_EQ(links[0].index, *netlink_->interface_index("hwa"));
  EXPECT_EQ(links[0].mtu, 1400u);
  EXPECT_TRUE(links[0].up);
  EXPECT_THAT(links[0].addresses,
              ElementsAre(address("192.0.2.1"), address("2001:db8::1"), address("192.0.2.2")))
      << "a secondary address comes last";
  EXPECT_EQ(links[1].name, "hwb");
  EXPECT_FALSE(links[1].up);
  EXPECT_THAT(links[1].addresses, IsEmpty());
}

TEST_F(LinkTableTest, LeavesOutOurOwn) {
  const auto links = read({}, "hwa");
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].name, "hwb");
}

TEST_F(LinkTableTest, LinkThatIsSwitchedOffIsNotUp) {
  ASSERT_EQ(text_of(netlink_->set_up("hwb")), "");
  ASSERT_TRUE(read()[1].up);
  ASSERT_EQ(text_of(netlink_->set_up("hwb", false)), "");
  EXPECT_FALSE(read()[1].up);
}

TEST_F(LinkTableTest, KnowsWhichRemoteAddressesALinkLeadsTo) {
  const IpAddress neighbour = address("192.0.2.9");
  const IpAddress far = address("198.51.100.9");
  const IpAddress far_v6 = address("2001:db8:9::9");
  ASSERT_EQ(text_of(netlink_->set_up("hwa")), "");
  ASSERT_EQ(text_of(netlink_->set_up("hwb")), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("192.0.2.1/24"))), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwb", prefix("203.0.113.1/24"))), "");
  ASSERT_EQ(text_of(netlink_->add_route({.destination = prefix("0.0.0.0/0"), .device = "hwa"})),
            "");
  auto links = read({neighbour, far, far_v6});
  EXPECT_THAT(links[0].unreachable, ElementsAre(far_v6)) << "it has no IPv6 address";
  EXPECT_THAT(links[1].unreachable, ElementsAre(neighbour, far, far_v6))
      << "others' routes do not count, nor is everything a neighbour";
  EXPECT_TRUE(links[0].reaches(far));
  EXPECT_FALSE(links[1].reaches(far));

  // A worse route is one as well.
  ASSERT_EQ(text_of(netlink_->add_route({.destination = prefix("0.0.0.0/0"),
                                         .device = "hwb",
                                         .table = kMainTable,
                                         .metric = 500,
                                         .gateway = address("203.0.113.254")})),
            "");
  ASSERT_EQ(text_of(netlink_->add_address("hwb", prefix("2001:db8:1::1/64"))), "");
  ASSERT_EQ(text_of(netlink_->add_route({.destination = prefix("::/0"),
                                         .device = "hwb",
                                         .table = kMainTable,
                                         .metric = std::nullopt,
                                         .gateway = address("fe80::1")})),
            "");
  links = read({neighbour, far, far_v6});
  EXPECT_THAT(links[1].unreachable, IsEmpty());

  ASSERT_EQ(text_of(netlink_->set_up("hwb", false)), "");
  EXPECT_THAT(read({far})[1].unreachable, ElementsAre(far)) << "a link that is down leads nowhere";
}

// What the rule of a path asks for: only who must leave by the interface takes its route.
TEST_F(LinkTableTest, RuleHoldsForOneInterfaceOnly) {
  const IpAddress far = address("198.51.100.9");
  for (const char* name : {"hwa", "hwb"}) ASSERT_EQ(text_of(netlink_->set_up(name)), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("192.0.2.1/24"))), "");
  ASSERT_EQ(text_of(netlink_->add_address("hwb", prefix("203.0.113.1/24"))), "");
  ASSERT_EQ(text_of(netlink_->add_route({.destination = prefix("0.0.0.0/0"),
                                         .device = "hwb",
                                         .table = 300,
                                         .metric = std::nullopt,
                                         .gateway = address("203.0.113.254")})),
            "");
  const PolicyRule rule{.family = IpFamily::kV4,
                        .priority = 32768,
                        .table = 300,
                        .except_mark = std::nullopt,
                        .suppress_prefix_length = std::nullopt,
                        .out_interface = "hwb"};
  EXPECT_EQ(rule.to_string(), "32768: oif hwb lookup 300");
  ASSERT_EQ(text_of(netlink_->add_rule(rule)), "");
  const auto links = read({far});
  EXPECT_THAT(links[0].unreachable, ElementsAre(far));
  EXPECT_THAT(links[1].unreachable, IsEmpty());
  EXPECT_FALSE(netlink_->find_route(far)) << "others on this host";
  EXPECT_EQ(text_of(netlink_->delete_rule(rule)), "");
  EXPECT_THAT(read({far})[1].unreachable, ElementsAre(far));
}

// The kernel also speaks of its own accord, and later on a busy machine: a link that was switched
// on becomes operational, IPv6 gives it an address. What such a word came with is done again.
TEST_F(LinkTableTest, WatchTellsLinksFromRoutesAndLeavesOutOurs) {
  auto watch = LinkWatch::open();
  ASSERT_TRUE(watch) << watch.error().what;
  const unsigned ours = *netlink_->interface_index("hwb");
  const auto poll_after_change = [&] {
    pollfd ready{.fd = watch->fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, 1000), 1);
    return watch->poll_changes(ours);
  };
  // The kernel may speak at any time of what was done before: one of some that hears nothing is
  // enough.
  const auto hears_nothing = [&](int) { return !LinkWatch::open()->poll_changes(ours).any(); };
  EXPECT_TRUE(std::ranges::any_of(std::views::iota(0, 20), hears_nothing)) << "nothing has changed";
  // Whether one of some changes of this kind is told as `expected`.
  const auto is_told_as = [&](const auto& expected, const auto& change) {
    for (unsigned i = 1; i <= 20; ++i) {
      change(i);
      if (expected(poll_after_change())) return true;
    }
    return false;
  };
  ASSERT_EQ(text_of(netlink_->add_address("hwa", prefix("192.0.2.1/24"))), "");
  EXPECT_TRUE(poll_after_change().links);
  ASSERT_EQ(text_of(netlink_->set_up("hwa")), "");
  EXPECT_TRUE(poll_after_change().links);
  EXPECT_TRUE(
      is_told_as([](LinkChanges told) { return told.routes && !told.links; },
                 [&](unsigned i) {
                   const std::string network = "10." + std::to_string(i) + ".0.0/16";
                   EXPECT_EQ(text_of(netlink_->add_route({prefix(network.c_str()), "hwa"})), "");
                 }))
      << "a route is no link";
  EXPECT_TRUE(is_told_as([](LinkChanges told) { return !told.any(); },
                         [&](unsigned i) {
                           const std::string own = "203.0.113." + std::to_string(i) + "/24";
                           EXPECT_EQ(text_of(netlink_->add_address("hwb", prefix(own.c_str()))),
                                     "");
                         }))
      << "ours is nobody's news";
}

}  // namespace
}  // namespace hawser
