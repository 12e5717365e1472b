// SPDX-License-Identifier: Apache-2.0
// Datagrams that their way does not take: the interface, or a router behind it.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <numeric>
#include <string>

#include "tests/support/inner_packets.h"
#include "tests/tun/own_namespace.h"
#include "tun/netlink.h"
#include "tun/tun_device.h"
#include "tunnel/io/udp_socket.h"
#include "tunnel/too_big.h"

namespace hawser {
namespace {

constexpr std::uint32_t kSpi = 0x01020304;
constexpr std::uint32_t kSequence = 77;

class SocketTooBigTest : public ::testing::TestWithParam<IpFamily> {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    auto netlink = Netlink::open();
    ASSERT_TRUE(netlink) << netlink.error().what;
    auto device = TunDevice::open({.name = "hwm", .queues = 1, .offloads = {false, false, false}});
    if (!device) GTEST_SKIP() << "no TUN devices here";
    device_.emplace(std::move(*device));
    ASSERT_TRUE(netlink->set_up("hwm"));
    ASSERT_TRUE(netlink->set_mtu("hwm", 1400));
    ASSERT_TRUE(netlink->add_address("hwm", *IpPrefix::parse("192.0.2.1/24")));
    ASSERT_TRUE(netlink->add_address("hwm", *IpPrefix::parse("2001:db8::1/64")));
    await_own_route();
    auto socket = UdpSocket::open({.family = GetParam()});
    ASSERT_TRUE(socket) << socket.error().what;
    socket_.emplace(std::move(*socket));
    (void)read_wire();
  }

  // The kernel takes an IPv6 address at once and makes the route by which packets come in to it
  // a little later, in a worker of its own.
  static void await_own_route() {
    const std::string own = "20010db8000000000000000000000001 80 ";
    for (int tries = 0; tries < 500; ++tries) {
      std::ifstream routes("/proc/self/net/ipv6_route");
      for (std::string line; std::getline(routes, line);) {
        if (line.starts_with(own)) return;
      }
      ::usleep(10'000);
    }
    ADD_FAILURE() << "no route to the device's own address";
  }

  bool v4() const { return GetParam() == IpFamily::kV4; }
  std::size_t header() const { return v4() ? 20 : 40; }
  TransportAddress remote() const {
    return {*IpAddress::parse(v4() ? "192.0.2.9" : "2001:db8::9"), 4500};
  }
  // Datagrams of that size, each beginning like an ESP packet.
  Transmit transmit(std::size_t size, std::size_t count = 1) {
    bytes_.assign(size * count, 0);
    for (std::size_t i = 0; i < count; ++i) {
      store_be32(&bytes_[i * size], kSpi);
      store_be32(&bytes_[i * size + 4], kSequence + static_cast<std::uint32_t>(i));
    }
    Transmit transmit;
    transmit.addresses.remote = remote();
    transmit.bytes = bytes_;
    transmit.segment_size = static_cast<std::uint16_t>(size);
    return transmit;
  }
  // What left by the device, but for what the kernel says by itself.
  std::vector<Bytes> read_wire() {
    std::vector<Bytes> seen;
    std::array<std::uint8_t, 2000> room;
    pollfd ready{.fd = device_->queue(0).fd(), .events = POLLIN, .revents = 0};
    while (::poll(&ready, 1, 0) == 1) {
      const ssize_t size = ::read(ready.fd, room.data(), room.size());
      if (size < 40) continue;
      const std::uint8_t protocol = room[room[0] >> 4 == 4 ? 9 : 6];
      if (protocol == 17 || protocol == 44) seen.emplace_back(room.begin(), room.begin() + size);
    }
    return seen;
  }
  bool is_fragment(const Bytes& packet) const {
    return v4() ? (load_be16(&packet[6]) & 0x3fff) != 0 : packet[6] == 44;
  }
  bool forbids_fragments(const Bytes& packet) const {
    return !v4() || (load_be16(&packet[6]) & 0x4000) != 0;
  }
  // A router says that the packet was too large.
  void answer(const Bytes& packet, std::size_t mtu) {
    const Bytes message = make_too_big(packet, *IpHeader::parse(packet), mtu);
    ASSERT_EQ(::write(device_->queue(0).fd(), message.data(), message.size()),
              static_cast<ssize_t>(message.size()));
  }

  // The kernel may take what was written to a device a little later.
  void await_message() const {
    pollfd ready{.fd = socket_->fd(), .events = 0, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, 2000), 1);
  }

  std::optional<TunDevice> device_;
  std::optional<UdpSocket> socket_;
  std::vector<std::uint8_t> bytes_;
};

TEST_P(SocketTooBigTest, DatagramsGoWhole) {
  EXPECT_EQ(socket_->send(transmit(1400 - 8 - header(), 3)).failed, 0u);
  const auto seen = read_wire();
  ASSERT_EQ(seen.size(), 3u);
  for (const Bytes& packet : seen) {
    EXPECT_EQ(packet.size(), 1400u);
    EXPECT_TRUE(forbids_fragments(packet) && !is_fragment(packet));
  }
  EXPECT_FALSE(socket_->has_too_big());
}

TEST_P(SocketTooBigTest, WhatTheInterfaceRefusesGoesInPartsThisTimeAndIsReported) {
  for (const std::size_t count : {1u, 3u}) {
    const SendResult result = socket_->send(transmit(1450, count));
    EXPECT_EQ(result.done, count);
    EXPECT_EQ(result.failed, 0u);
    const auto seen = read_wire();
    EXPECT_EQ(seen.size(), 2 * count);
    for (const Bytes& packet : seen) EXPECT_TRUE(is_fragment(packet));
    const auto news = socket_->take_too_big();
    ASSERT_EQ(news.size(), 1u);
    EXPECT_EQ(news[0].remote, remote());
    EXPECT_EQ(news[0].mtu, 1400u);
    EXPECT_EQ(news[0].spi, Spi(kSpi));
    EXPECT_EQ(news[0].sequence_low, kSequence);
    EXPECT_FALSE(news[0].from_network);
  }
  EXPECT_EQ(socket_->counters().packets_fragmented.value(), 4u);
  socket_->send(transmit(1000));
  const auto seen = read_wire();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_TRUE(forbids_fragments(seen[0])) << "from then on as before";
}

TEST_P(SocketTooBigTest, WhatMayGoInPartsIsNoNews) {
  Transmit out = transmit(1500, 2);
  out.may_fragment = true;
  EXPECT_EQ(socket_->send(out).done, 2u);
  const auto seen = read_wire();
  ASSERT_EQ(seen.size(), 4u);
  for (const Bytes& packet : seen) EXPECT_TRUE(is_fragment(packet));
  EXPECT_FALSE(socket_->has_too_big());
}

TEST_P(SocketTooBigTest, MessageOfARouterIsReportedAndHarmsNoSend) {
  socket_->send(transmit(1300));
  const auto seen = read_wire();
  ASSERT_EQ(seen.size(), 1u);
  answer(seen[0], 1290);
  await_message();
  // The error that the kernel keeps for the next call is not this datagram's.
  EXPECT_EQ(socket_->send(transmit(1300, 2)).failed, 0u);
  const auto more = read_wire();
  EXPECT_EQ(more.size(), 2u) << "what the kernel learned of the path is not used";
  for (const Bytes& packet : more) EXPECT_FALSE(is_fragment(packet));
  socket_->read_errors();
  const auto news = socket_->take_too_big();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].remote, remote());
  EXPECT_EQ(news[0].mtu, 1290u);
  EXPECT_EQ(news[0].spi, Spi(kSpi));
  EXPECT_EQ(news[0].sequence_low, kSequence);
  EXPECT_TRUE(news[0].from_network);
}

TEST_P(SocketTooBigTest, MessageThatQuotesLittleNamesNoPacket) {
  socket_->send(transmit(1300));
  auto seen = read_wire();
  ASSERT_EQ(seen.size(), 1u);
  const std::size_t quoted = header() + 8 + 7;
  if (v4()) {
    store_be16(&seen[0][2], static_cast<std::uint16_t>(quoted));
  } else {
    store_be16(&seen[0][4], static_cast<std::uint16_t>(quoted - 40));
  }
  answer(seen[0], 1290);
  socket_->read_errors();
  for (const TooBig& news : socket_->take_too_big()) EXPECT_EQ(news.spi, Spi(0));
}

TEST_P(SocketTooBigTest, QueueOfErrorsIsReadInParts) {
  socket_->send(transmit(1300));
  const auto seen = read_wire();
  ASSERT_EQ(seen.size(), 1u);
  for (int i = 0; i < 100; ++i) answer(seen[0], 1290);
  std::size_t news = 0;
  pollfd ready{.fd = socket_->fd(), .events = 0, .revents = 0};
  for (int i = 0; i < 200 && news < 100 && ::poll(&ready, 1, 2000) == 1; ++i) {
    socket_->read_errors();
    (void)socket_->receive();
    news += socket_->take_too_big().size();
  }
  EXPECT_EQ(news, 100u);
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "it does not keep the loop awake";
}

INSTANTIATE_TEST_SUITE_P(Families, SocketTooBigTest,
                         ::testing::Values(IpFamily::kV4, IpFamily::kV6), [](const auto& param) {
                           return param.param == IpFamily::kV4 ? "V4" : "V6";
                         });

}  // namespace
}  // namespace hawser
