// SPDX-License-Identifier: Apache-2.0
// Transmits that name the interface that they leave by.
#include <gtest/gtest.h>
#include <poll.h>

#include <numeric>

#include "tests/tun/own_namespace.h"
#include "tun/netlink.h"
#include "tun/tun_device.h"
#include "tunnel/io/udp_socket.h"

namespace hawser {
namespace {

struct Mode {
  const char* name;
  IpFamily family;
  UdpOffloads offloads;
};

// What leaves by a link is read off its TUN device.
class Wire {
 public:
  Wire(const char* name, Netlink& netlink, const char* v4, const char* v6) {
    auto device = TunDevice::open({.name = name, .queues = 1, .offloads = {false, false, false}});
    if (!device) return;
    device_.emplace(std::move(*device));
    EXPECT_TRUE(netlink.set_up(name));
    EXPECT_TRUE(netlink.add_address(name, *IpPrefix::parse(v4)));
    EXPECT_TRUE(netlink.add_address(name, *IpPrefix::parse(v6)));
    index_ = netlink.interface_index(name).value_or(0);
  }
  bool is_ready() const { return index_ != 0; }
  unsigned index() const { return index_; }

  struct Seen {
    IpAddress source;
    std::size_t udp_payload = 0;
  };
  // UDP datagrams to port 4500.
  std::vector<Seen> take() {
    std::vector<Seen> seen;
    std::array<std::uint8_t, 2000> room;
    pollfd ready{.fd = device_->queue(0).fd(), .events = POLLIN, .revents = 0};
    while (::poll(&ready, 1, 0) == 1) {
      const ssize_t size = ::read(ready.fd, room.data(), room.size());
      if (size < 48) continue;
      const bool v4 = room[0] >> 4 == 4;
      const std::size_t header = v4 ? 20 : 40;
      if (room[v4 ? 9 : 6] != 17 || load_be16(&room[header + 2]) != 4500) continue;
      seen.push_back({v4 ? IpAddress::v4(&room[12]) : IpAddress::v6(&room[8]),
                      static_cast<std::size_t>(size) - header - 8});
    }
    return seen;
  }

 private:
  std::optional<TunDevice> device_;
  unsigned index_ = 0;
};

class LinkSendTest : public ::testing::TestWithParam<Mode> {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    auto netlink = Netlink::open();
    ASSERT_TRUE(netlink) << netlink.error().what;
    netlink_.emplace(std::move(*netlink));
    a_.emplace("hwa", *netlink_, "192.0.2.1/24", "2001:db8:a::1/64");
    b_.emplace("hwb", *netlink_, "203.0.113.1/24", "2001:db8:b::1/64");
    if (!a_->is_ready() || !b_->is_ready()) GTEST_SKIP() << "no TUN devices here";
    // Both lead everywhere; a is preferred.
    for (const char* everywhere : {"0.0.0.0/0", "::/0"}) {
      for (const char* name : {"hwa", "hwb"}) {
        const std::uint32_t metric = std::string_view(name) == "hwa" ? 10 : 20;
        ASSERT_TRUE(netlink_->add_route(
            {*IpPrefix::parse(everywhere), name, kMainTable, metric, std::nullopt}));
      }
    }
    auto socket = UdpSocket::open({.family = GetParam().family, .offloads = GetParam().offloads});
    ASSERT_TRUE(socket) << socket.error().what;
    socket_.emplace(std::move(*socket));
    bytes_.resize(3000);
    (void)a_->take();
    (void)b_->take();
  }

  bool v4() const { return GetParam().family == IpFamily::kV4; }
  IpAddress address_of(char link) const {
    if (v4()) return *IpAddress::parse(link == 'a' ? "192.0.2.1" : "203.0.113.1");
    return *IpAddress::parse(link == 'a' ? "2001:db8:a::1" : "2001:db8:b::1");
  }
  Transmit transmit(unsigned link) const {
    Transmit transmit;
    transmit.addresses.remote = {*IpAddress::parse(v4() ? "198.51.100.9" : "2001:db8:9::9"), 4500};
    transmit.bytes = bytes_;
    transmit.segment_size = 1000;
    transmit.link = link;
    return transmit;
  }

  std::optional<Netlink> netlink_;
  std::optional<Wire> a_;
  std::optional<Wire> b_;
  std::optional<UdpSocket> socket_;
  std::vector<std::uint8_t> bytes_;
};

TEST_P(LinkSendTest, LeavesByTheLinkThatIsNamed) {
  EXPECT_EQ(socket_->send(transmit(0)).failed, 0u);
  EXPECT_EQ(a_->take().size(), 3u) << "the system's choice";
  EXPECT_EQ(socket_->send(transmit(b_->index())).failed, 0u);
  EXPECT_TRUE(a_->take().empty());
  const auto seen = b_->take();
  ASSERT_EQ(seen.size(), 3u);
  for (const Wire::Seen& datagram : seen) {
    EXPECT_EQ(datagram.udp_payload, 1000u);
    EXPECT_EQ(datagram.source, address_of('b')) << "also if no source is asked for";
  }
  EXPECT_EQ(socket_->granted(), GetParam().offloads);
}

TEST_P(LinkSendTest, SourceIsKeptAndOneThatIsGoneIsOnlyAWish) {
  Transmit out = transmit(b_->index());
  out.addresses.local.address = address_of('b');
  EXPECT_EQ(socket_->send(out).failed, 0u);
  ASSERT_EQ(b_->take().size(), 3u) << "whatever the best route is";
  out.addresses.local.address = *IpAddress::parse(v4() ? "192.0.2.200" : "2001:db8:a::200");
  EXPECT_EQ(socket_->send(out).failed, 0u);
  const auto seen = b_->take();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].source, address_of('b'));
  EXPECT_TRUE(a_->take().empty());
}

TEST_P(LinkSendTest, OneOfTwoAddressesOfALinkIsTaken) {
  ASSERT_TRUE(netlink_->add_address("hwa", *IpPrefix::parse("192.0.2.7/24")));
  ASSERT_TRUE(netlink_->add_address("hwa", *IpPrefix::parse("2001:db8:a::7/64")));
  Transmit out = transmit(a_->index());
  for (const char* source :
       {v4() ? "192.0.2.1" : "2001:db8:a::1", v4() ? "192.0.2.7" : "2001:db8:a::7"}) {
    out.addresses.local.address = *IpAddress::parse(source);
    EXPECT_EQ(socket_->send(out).failed, 0u);
    const auto seen = a_->take();
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen[0].source, *IpAddress::parse(source));
  }
}

TEST_P(LinkSendTest, DeadLinkFailsByItselfAlone) {
  ASSERT_TRUE(netlink_->set_up("hwb", false));
  Transmit out = transmit(b_->index());
  out.addresses.local.address = address_of('b');
  SendResult result = socket_->send(out);
  EXPECT_EQ(result.done, 3u);
  EXPECT_EQ(result.failed, 3u);
  EXPECT_FALSE(result.blocked);
  result = socket_->send(transmit(12345));  // an interface that is gone
  EXPECT_EQ(result.failed, 3u);
  EXPECT_EQ(socket_->counters().send_failed.value(), 6u);
  EXPECT_EQ(socket_->counters().packets_sent.value(), 0u);

  EXPECT_EQ(socket_->send(transmit(a_->index())).failed, 0u);
  EXPECT_EQ(a_->take().size(), 3u);
  EXPECT_EQ(socket_->granted(), GetParam().offloads);
}

TEST_P(LinkSendTest, SegmentsTooLargeForOneLinkAreNotForAnother) {
  ASSERT_TRUE(netlink_->set_mtu("hwb", 1280));
  bytes_.resize(2800);
  Transmit out = transmit(b_->index());
  out.segment_size = 1400;
  EXPECT_EQ(socket_->send(out).failed, 0u);
  EXPECT_EQ(socket_->send(out).failed, 0u);
  const std::uint64_t fallbacks = socket_->counters().gso_fallbacks.value();
  if (GetParam().offloads.gso) {
    EXPECT_EQ(fallbacks, 2u);
  }
  out.link = a_->index();
  const std::uint64_t calls = socket_->counters().send_calls.value();
  EXPECT_EQ(socket_->send(out).failed, 0u);
  EXPECT_EQ(socket_->counters().gso_fallbacks.value(), fallbacks);
  EXPECT_EQ(socket_->counters().send_calls.value() - calls, GetParam().offloads.batch ? 1u : 2u);
  EXPECT_EQ(a_->take().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Modes, LinkSendTest,
    ::testing::Values(Mode{"GsoV4", IpFamily::kV4, {}}, Mode{"GsoV6", IpFamily::kV6, {}},
                      Mode{"BatchV4", IpFamily::kV4, {.gso = false, .gro = false}},
                      Mode{"BatchV6", IpFamily::kV6, {.gso = false, .gro = false}},
                      Mode{"PlainV4", IpFamily::kV4, {false, false, false}},
                      Mode{"PlainV6", IpFamily::kV6, {false, false, false}}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace hawser
