// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/udp_socket.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <numeric>
#include <string>
#include <vector>

namespace hawser {
namespace {

UdpSocket open_socket(IpFamily family, UdpOffloads offloads) {
  UdpSocket::Options options;
  options.family = family;
  options.offloads = offloads;
  auto socket = UdpSocket::open(options);
  EXPECT_TRUE(socket) << socket.error().what;
  return std::move(*socket);
}

struct Received {
  std::vector<std::vector<std::uint8_t>> packets;
  std::vector<AddressPair> addresses;
  std::vector<Ecn> ecn;
};

Received receive(UdpSocket& socket, std::size_t count) {
  Received all;
  pollfd ready{.fd = socket.fd(), .events = POLLIN, .revents = 0};
  while (all.packets.size() < count && ::poll(&ready, 1, 2000) == 1) {
    for (const OuterPacket& packet : socket.receive()) {
      all.packets.emplace_back(packet.bytes.begin(), packet.bytes.end());
      all.addresses.push_back(packet.addresses);
      all.ecn.push_back(packet.ecn);
    }
  }
  return all;
}

IpAddress loopback(IpFamily family) {
  return *IpAddress::parse(family == IpFamily::kV4 ? "127.0.0.1" : "::1");
}

struct Mode {
  std::string name;
  IpFamily family;
  UdpOffloads from;
  UdpOffloads to;
};
constexpr UdpOffloads kFull{};
constexpr UdpOffloads kMmsg{.gso = false, .gro = false, .batch = true};
constexpr UdpOffloads kPlain{.gso = false, .gro = false, .batch = false};

TEST(UdpSocketMark, IsThatOfTheOptionsAndCanChange) {
  UdpSocket::Options options;
  options.mark = 4500;
  auto socket = UdpSocket::open(options);
  if (!socket) GTEST_SKIP() << socket.error().what;
  const auto mark = [&] {
    unsigned value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket->fd(), SOL_SOCKET, SO_MARK, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(mark(), 4500U);
  EXPECT_TRUE(socket->set_mark(0));
  EXPECT_EQ(mark(), 0U);
}

class UdpSocketTest : public ::testing::TestWithParam<Mode> {
 protected:
  UdpSocketTest()
      : from_(open_socket(GetParam().family, GetParam().from)),
        to_(open_socket(GetParam().family, GetParam().to)),
        bytes_(70000) {
    std::iota(bytes_.begin(), bytes_.end(), std::uint8_t{0});
  }

  Transmit transmit(std::size_t size, std::uint16_t segment) const {
    Transmit transmit;
    transmit.addresses.remote = {loopback(GetParam().family), to_.port()};
    transmit.bytes = ByteSpan(bytes_).first(size);
    transmit.segment_size = segment;
    return transmit;
  }

  void expect_segments(const Received& received, std::size_t size, std::size_t segment) const {
    std::size_t at = 0;
    for (const auto& packet : received.packets) {
      EXPECT_EQ(packet.size(), std::min(segment, size - at));
      EXPECT_TRUE(std::equal(packet.begin(), packet.end(), bytes_.begin() + static_cast<long>(at)));
      at += packet.size();
    }
    EXPECT_EQ(at, size);
  }

  UdpSocket from_;
  UdpSocket to_;
  std::vector<std::uint8_t> bytes_;
};

TEST_P(UdpSocketTest, SegmentsArriveAsTheyWere) {
  struct Case {
    std::size_t size;
    std::uint16_t segment;
  };
  for (const auto& [size, segment] :
       {Case{1, 1}, Case{1400, 1400}, Case{2800, 1400}, Case{2900, 1400}, Case{64 * 1000, 1000},
        Case{63, 2}, Case{128, 2}, Case{65000, 1016}}) {
    const auto out = transmit(size, segment);
    const std::size_t count = datagram_count(out);
    const SendResult result = from_.send(out);
    EXPECT_EQ(result.done, count);
    EXPECT_EQ(result.failed, 0U);
    EXPECT_FALSE(result.blocked);
    expect_segments(receive(to_, count), size, segment);
  }
  EXPECT_EQ(from_.granted(), GetParam().from);
  EXPECT_EQ(from_.counters().gso_fallbacks.value(), 0U);
  EXPECT_EQ(from_.counters().packets_sent.value(), to_.counters().packets_received.value());
  EXPECT_EQ(to_.counters().truncated.value(), 0U);
}

TEST_P(UdpSocketTest, LargestDatagramPasses) {
  EXPECT_EQ(from_.send(transmit(60000, 60000)).failed, 0U);
  expect_segments(receive(to_, 1), 60000, 60000);
}

TEST_P(UdpSocketTest, AddressesAndEcnAreFilledIn) {
  auto out = transmit(300, 100);
  out.ecn = Ecn::kEct0;
  from_.send(out);
  const auto received = receive(to_, 3);
  ASSERT_EQ(received.packets.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const IpAddress here = loopback(GetParam().family);
    EXPECT_EQ(received.addresses[i].local, (TransportAddress{here, to_.port()}));
    EXPECT_EQ(received.addresses[i].remote, (TransportAddress{here, from_.port()}));
    EXPECT_EQ(received.ecn[i], Ecn::kEct0);
  }
}

TEST_P(UdpSocketTest, AnswerGoesOutFromTheAddressThatWasAsked) {
  if (GetParam().family != IpFamily::kV4) GTEST_SKIP() << "one loopback address only";
  auto out = transmit(300, 100);
  out.addresses.local.address = *IpAddress::parse("127.0.0.77");
  EXPECT_EQ(from_.send(out).failed, 0U);
  const auto received = receive(to_, 3);
  ASSERT_EQ(received.packets.size(), 3U);
  EXPECT_EQ(received.addresses[0].remote.address, *IpAddress::parse("127.0.0.77"));
}

// A source address that is gone must not silence the tunnel.
TEST_P(UdpSocketTest, SourceThatIsNotOursIsOnlyAWish) {
  auto out = transmit(300, 100);
  out.addresses.local.address =
      *IpAddress::parse(GetParam().family == IpFamily::kV4 ? "192.0.2.9" : "2001:db8::9");
  const SendResult result = from_.send(out);
  EXPECT_EQ(result.done, 3U);
  EXPECT_EQ(result.failed, 0U);
  EXPECT_EQ(receive(to_, 3).packets.size(), 3U);
  EXPECT_EQ(from_.granted(), GetParam().from);
}

TEST_P(UdpSocketTest, RefusedDatagramsAreCounted) {
  auto out = transmit(300, 100);
  // Broadcast without SO_BROADCAST, and an IPv4 address on an IPv6 socket.
  out.addresses.remote.address =
      *IpAddress::parse(GetParam().family == IpFamily::kV4 ? "255.255.255.255" : "::ffff:c000:201");
  const SendResult result = from_.send(out);
  if (result.failed == 0) GTEST_SKIP() << "there is a route even to there";
  EXPECT_EQ(result.done, 3U);
  EXPECT_EQ(result.failed, 3U);
  EXPECT_EQ(from_.counters().send_failed.value(), 3U);
  EXPECT_EQ(from_.granted(), GetParam().from);  // not the offload's fault
}

TEST_P(UdpSocketTest, EmptyDatagramIsReported) {
  const SendResult nothing = from_.send(transmit(0, 10));
  EXPECT_EQ(nothing.done, 0U);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(0, ::getsockname(to_.fd(), reinterpret_cast<sockaddr*>(&address), &size));
  UniqueFd raw(::socket(address.ss_family, SOCK_DGRAM, 0));
  ASSERT_EQ(0, ::sendto(raw.get(), "", 0, 0, reinterpret_cast<sockaddr*>(&address), size));
  const auto received = receive(to_, 1);
  ASSERT_EQ(received.packets.size(), 1U);
  EXPECT_TRUE(received.packets[0].empty());
}

TEST_P(UdpSocketTest, ManyMessagesKeepTheirOrder) {
  for (int i = 0; i < 200; ++i) {
    bytes_[0] = static_cast<std::uint8_t>(i);
    ASSERT_EQ(from_.send(transmit(static_cast<std::size_t>(50 + i), 1000)).done, 1U);
  }
  const auto received = receive(to_, 200);
  ASSERT_EQ(received.packets.size(), 200U);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(received.packets[i][0], i);
    EXPECT_EQ(received.packets[i].size(), 50 + i);
  }
  EXPECT_TRUE(to_.receive().empty());
}

INSTANTIATE_TEST_SUITE_P(Modes, UdpSocketTest,
                         ::testing::Values(Mode{"FullV4", IpFamily::kV4, kFull, kFull},
                                           Mode{"FullV6", IpFamily::kV6, kFull, kFull},
                                           Mode{"GsoToPlainV4", IpFamily::kV4, kFull, kPlain},
                                           Mode{"GsoToBatchV6", IpFamily::kV6, kFull, kMmsg},
                                           Mode{"BatchV4", IpFamily::kV4, kMmsg, kMmsg},
                                           Mode{"BatchToGroV4", IpFamily::kV4, kMmsg, kFull},
                                           Mode{"PlainV4", IpFamily::kV4, kPlain, kPlain},
                                           Mode{"PlainV6", IpFamily::kV6, kPlain, kPlain}),
                         [](const auto& instance) { return instance.param.name; });

TEST(UdpSocket, FullBufferBlocksAndNothingIsLost) {
  const auto to = open_socket(IpFamily::kV4, kFull);
  UdpSocket::Options options;
  options.buffer_bytes = 4096;
  auto from = UdpSocket::open(options);
  ASSERT_TRUE(from);
  // A socket whose packets nobody takes off its buffer: the other end of nothing. Loopback
  // delivers at once, so fill the buffer by a datagram larger than it.
  const std::vector<std::uint8_t> bytes(60000);
  Transmit transmit;
  transmit.addresses.remote = {loopback(IpFamily::kV4), to.port()};
  transmit.bytes = bytes;
  transmit.segment_size = 1000;
  const SendResult result = from->send(transmit);
  EXPECT_EQ(result.failed, 0U);
  EXPECT_TRUE(result.blocked || result.done == 60U);
}

TEST(UdpSocket, PortInUseIsASentence) {
  const auto first = open_socket(IpFamily::kV4, kFull);
  UdpSocket::Options options;
  options.port = first.port();
  const auto second = UdpSocket::open(options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, "cannot open UDP port " + std::to_string(first.port()) +
                                     " (IPv4): Address already in use");
}

TEST(UdpSocket, FamiliesShareAPort) {
  const auto first = open_socket(IpFamily::kV4, kFull);
  UdpSocket::Options options;
  options.family = IpFamily::kV6;
  options.port = first.port();
  const auto second = UdpSocket::open(options);
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_EQ(second->port(), first.port());
}

}  // namespace
}  // namespace hawser
