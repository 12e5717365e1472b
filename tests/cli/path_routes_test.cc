// SPDX-License-Identifier: Apache-2.0
// Routes and rules in a network namespace of its own, and their end.
#include "cli/path_routes.h"

#include <gmock/gmock.h>

#include "cli/sysctl.h"
#include "tests/cli/test_support.h"
#include "tests/tun/own_namespace.h"
#include "tun/link_table.h"
#include "tun/tun_device.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kPriority = 32768;

template <typename T, typename E>
bool ok(const Result<T, E>& result) {
  return result.has_value();
}

// Two links: only the first has a default route.
class PathRoutesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    for (const char* name : {"hwa", "hwb"}) {
      auto device = TunDevice::open({.name = name, .queues = 1, .offloads = {}});
      if (!device) GTEST_SKIP() << device.error().what;
      devices_.push_back(std::move(*device));
    }
    netlink_.emplace(std::move(*Netlink::open()));
    bring_up("hwa", "192.0.2.1/24");
    bring_up("hwb", "203.0.113.1/24");
    ASSERT_TRUE(ok(netlink_->add_route({*IpPrefix::parse("0.0.0.0/0"), "hwa"})));
    auto changes = SystemChanges::open(dir_.path(), "hw0");
    ASSERT_TRUE(changes) << changes.error();
    changes_ = std::move(*changes);
  }
  void bring_up(const char* name, const char* address) {
    ASSERT_TRUE(ok(netlink_->set_up(name)));
    ASSERT_TRUE(ok(netlink_->add_address(name, *IpPrefix::parse(address))));
  }
  std::vector<LocalLink> links() { return std::move(*netlink_->links()); }
  bool b_reaches_far() {
    auto table = LinkTable::open({});
    const auto links = table->read(std::vector{far_});
    return std::ranges::find(*links, "hwb", &LocalLink::name)->reaches(far_);
  }
  bool has_rule() { return netlink_->policy_numbers()->priorities.contains(kPriority); }
  bool has_table(std::uint32_t table) { return netlink_->policy_numbers()->tables.contains(table); }

  TempDir dir_;
  const IpAddress far_ = *IpAddress::parse("198.51.100.9");
  const std::vector<PathConfig> paths_ = {
      {.name = "lte",
       .interface = "hwb",
       .gateways = {*IpAddress::parse("203.0.113.254"), *IpAddress::parse("fe80::1")}}};
  std::vector<TunDevice> devices_;
  std::optional<Netlink> netlink_;
  std::unique_ptr<SystemChanges> changes_;
};

TEST_F(PathRoutesTest, GiveALinkAWayOutAndTakeItBack) {
  ASSERT_FALSE(b_reaches_far());
  PathRoutes routes(*changes_);
  auto updated = routes.update(paths_, links());
  ASSERT_TRUE(updated) << updated.error();
  EXPECT_TRUE(*updated);
  EXPECT_TRUE(b_reaches_far());
  EXPECT_TRUE(has_rule());
  ASSERT_EQ(changes_->made().routes.size(), 1u) << "it has no IPv6 address";
  EXPECT_EQ(changes_->made().routes[0].to_string(), "0.0.0.0/0 via 203.0.113.254 dev hwb");
  EXPECT_EQ(netlink_->find_route(far_)->device, "hwa") << "others on this host go as before";
  EXPECT_FALSE(*routes.update(paths_, links())) << "nothing is different";

  updated = routes.update({}, links());
  ASSERT_TRUE(updated) << updated.error();
  EXPECT_TRUE(*updated);
  EXPECT_FALSE(b_reaches_far());
  EXPECT_FALSE(has_rule());
  EXPECT_TRUE(changes_->made().is_empty());
}

TEST_F(PathRoutesTest, ComeBackWithTheirLink) {
  PathRoutes routes(*changes_);
  ASSERT_TRUE(ok(routes.update(paths_, links())));
  ASSERT_TRUE(ok(netlink_->set_up("hwb", false)));  // and the kernel forgets its routes
  ASSERT_TRUE(ok(routes.update(paths_, links())));
  EXPECT_TRUE(changes_->made().routes.empty());
  ASSERT_TRUE(ok(netlink_->set_up("hwb")));
  const auto updated = routes.update(paths_, links());
  ASSERT_TRUE(updated) << updated.error();
  EXPECT_TRUE(b_reaches_far());

  // Down and up again before anybody looked.
  ASSERT_TRUE(ok(netlink_->set_up("hwb", false)));
  ASSERT_TRUE(ok(netlink_->set_up("hwb")));
  ASSERT_FALSE(b_reaches_far());
  ASSERT_TRUE(ok(routes.update(paths_, links())));
  EXPECT_TRUE(b_reaches_far());
}

TEST_F(PathRoutesTest, SecondFamilyShowsUpLater) {
  PathRoutes routes(*changes_);
  ASSERT_TRUE(ok(routes.update(paths_, links())));
  ASSERT_TRUE(ok(netlink_->add_address("hwb", *IpPrefix::parse("2001:db8::1/64"))));
  const auto updated = routes.update(paths_, links());
  ASSERT_TRUE(updated) << updated.error();
  EXPECT_TRUE(*updated);
  EXPECT_EQ(changes_->made().routes.size(), 2u);
  EXPECT_EQ(changes_->made().rules.size(), 2u);
}

TEST_F(PathRoutesTest, GoWithTheTunnelAndAfterACrash) {
  std::uint32_t table = 0;
  std::string left;
  {
    PathRoutes routes(*changes_);
    ASSERT_TRUE(ok(routes.update(paths_, links())));
    table = changes_->made().routes[0].table;
    left = read_text(dir_.file("hw0.routes"));
    EXPECT_TRUE(has_table(table));
  }
  changes_.reset();
  EXPECT_FALSE(has_rule() || has_table(table));
  EXPECT_FALSE(std::filesystem::exists(dir_.file("hw0.routes")));

  // A killed daemon leaves the file and what it tells of.
  const auto made = SystemChangesMade::parse(left);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->to_text(), left);
  ASSERT_TRUE(ok(netlink_->add_route(made->routes[0])));
  ASSERT_TRUE(ok(netlink_->add_rule(made->rules[0])));
  dir_.write("hw0.routes", left);
  const auto next = SystemChanges::open(dir_.path(), "hw0");
  ASSERT_TRUE(next) << next.error();
  EXPECT_FALSE(has_rule() || has_table(table));
  EXPECT_TRUE((*next)->made().is_empty());
}

TEST_F(PathRoutesTest, StrictReversePathIsLooseMeanwhile) {
  const auto filter = [](const char* name) {
    return read_sysctl("net/ipv4/conf/" + std::string(name) + "/rp_filter").value_or("?");
  };
  ASSERT_TRUE(ok(write_sysctl("net/ipv4/conf/all/rp_filter", "1")));
  ASSERT_TRUE(ok(write_sysctl("net/ipv4/conf/hwa/rp_filter", "0")));
  ASSERT_TRUE(ok(write_sysctl("net/ipv4/conf/hwb/rp_filter", "1")));
  PathRoutes routes(*changes_);
  std::vector<LocalLink> some = links();
  some[1].unreachable = {far_};
  ASSERT_TRUE(ok(routes.let_answers_in(some)));
  EXPECT_EQ(filter("hwa") + filter("hwb"), "01") << "there is one way only";
  ASSERT_TRUE(ok(routes.let_answers_in(links())));
  ASSERT_TRUE(ok(routes.let_answers_in(links())));
  EXPECT_EQ(filter("hwa") + filter("hwb"), "22");
  changes_.reset();
  EXPECT_EQ(filter("hwa") + filter("hwb"), "01");
}

TEST_F(PathRoutesTest, TakeNumbersThatAreFree) {
  ASSERT_TRUE(ok(netlink_->add_route({*IpPrefix::parse("10.0.0.0/8"), "hwa", 256})));
  ASSERT_TRUE(ok(netlink_->add_rule({IpFamily::kV6, kPriority, 100, std::nullopt, std::nullopt})));
  PathRoutes routes(*changes_);
  ASSERT_TRUE(ok(routes.update(paths_, links())));
  EXPECT_EQ(changes_->made().routes[0].table, 257u);
  EXPECT_EQ(changes_->made().rules[0].priority, kPriority + 1);
}

}  // namespace
}  // namespace hawser
