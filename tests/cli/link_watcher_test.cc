// SPDX-License-Identifier: Apache-2.0
#include "cli/link_watcher.h"

#include <gmock/gmock.h>

#include "tests/tun/own_namespace.h"
#include "tun/tun_device.h"
#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"

namespace hawser {
namespace {

constexpr Duration kPatience = Seconds(5);
// Generous beside LinkWatcher's own bound: the machine of a test may be busy.
constexpr Duration kAtOnce = Milliseconds(60);

class LinkWatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    for (const char* name : {"hwa", "hw0"}) {
      auto device = TunDevice::open({.name = name, .queues = 1, .offloads = {}});
      if (!device) GTEST_SKIP() << device.error().what;
      devices_.push_back(std::move(*device));
    }
    netlink_.emplace(std::move(*Netlink::open()));
    loop_ = std::move(*EpollEventLoop::open());
    auto watcher =
        LinkWatcher::open(*loop_, {.device = "hw0", .index = *netlink_->interface_index("hw0")},
                          {.links =
                               [this](const std::vector<LocalLink>& links) {
                                 links_ = links;
                                 ++told_;
                                 told_at_ = monotonic_now();
                               },
                           .settled = [this] { ++settled_; }});
    ASSERT_TRUE(watcher) << watcher.error();
    watcher_ = std::move(*watcher);
  }
  // False if nothing came of it in time.
  template <typename Condition>
  bool run_until(const Condition& condition) {
    const TimePoint end = monotonic_now() + kPatience;
    while (!condition() && monotonic_now() < end) loop_->run_once(Milliseconds(20));
    return condition();
  }
  void run_for(Duration time) {
    const TimePoint end = monotonic_now() + time;
    while (monotonic_now() < end) loop_->run_once(Milliseconds(20));
  }

  std::vector<TunDevice> devices_;
  std::optional<Netlink> netlink_;
  std::unique_ptr<EpollEventLoop> loop_;
  std::unique_ptr<LinkWatcher> watcher_;
  std::vector<LocalLink> links_;
  unsigned told_ = 0;
  unsigned settled_ = 0;
  TimePoint told_at_{};
};

TEST_F(LinkWatcherTest, KnowsTheLinksFromTheBeginning) {
  ASSERT_EQ(watcher_->links().size(), 1u) << "without our own";
  EXPECT_EQ(watcher_->links()[0].name, "hwa");
  EXPECT_FALSE(watcher_->links()[0].up);
}

TEST_F(LinkWatcherTest, TellsOfALinkAndAnAddressAtOnce) {
  ASSERT_TRUE(netlink_->set_up("hwa"));
  ASSERT_TRUE(run_until([&] { return told_ != 0 && links_[0].up; }));

  const TimePoint added = monotonic_now();
  ASSERT_TRUE(netlink_->add_address("hwa", *IpPrefix::parse("192.0.2.1/24")));
  ASSERT_TRUE(run_until([&] { return !links_[0].addresses.empty(); }));
  EXPECT_LT(told_at_ - added, kAtOnce);

  // Also while it still keeps quiet about the change before.
  const TimePoint switched_off = monotonic_now();
  ASSERT_TRUE(netlink_->set_up("hwa", false));
  ASSERT_TRUE(run_until([&] { return !links_[0].up; }));
  EXPECT_LT(told_at_ - switched_off, kAtOnce);
}

TEST_F(LinkWatcherTest, SaysOnceThatItIsQuietAgain) {
  ASSERT_TRUE(netlink_->set_up("hwa"));
  ASSERT_TRUE(netlink_->add_address("hwa", *IpPrefix::parse("192.0.2.1/24")));
  ASSERT_TRUE(netlink_->add_address("hwa", *IpPrefix::parse("192.0.2.2/24")));
  ASSERT_TRUE(run_until([&] { return settled_ != 0; }));
  EXPECT_EQ(links_[0].addresses.size(), 2u) << "what it is about has been told before";
  EXPECT_EQ(settled_, 1u);
}

TEST_F(LinkWatcherTest, RoutesToPeersCount) {
  const IpAddress remote = *IpAddress::parse("198.51.100.9");
  watcher_->set_remotes({remote}, 0);
  ASSERT_TRUE(netlink_->set_up("hwa"));
  ASSERT_TRUE(netlink_->add_address("hwa", *IpPrefix::parse("192.0.2.1/24")));
  ASSERT_TRUE(run_until([&] { return told_ != 0 && !links_[0].addresses.empty(); }));
  EXPECT_FALSE(links_[0].reaches(remote));
  ASSERT_TRUE(netlink_->add_route({*IpPrefix::parse("198.51.100.0/24"), "hwa"}));
  EXPECT_TRUE(run_until([&] { return links_[0].reaches(remote); }));
  EXPECT_TRUE(watcher_->links()[0].reaches(remote));
}

TEST_F(LinkWatcherTest, TellsNothingOfOurOwnDeviceNorOfWhatDoesNotMatter) {
  ASSERT_TRUE(netlink_->set_up("hw0"));
  ASSERT_TRUE(netlink_->add_address("hw0", *IpPrefix::parse("10.8.0.1/24")));
  ASSERT_TRUE(netlink_->set_tx_queue_length("hwa", 77));
  run_for(Milliseconds(300));
  EXPECT_EQ(told_, 0u);
}

}  // namespace
}  // namespace hawser
