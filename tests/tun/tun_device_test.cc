// SPDX-License-Identifier: Apache-2.0
#include "tun/tun_device.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <vector>

#include "tests/tun/own_namespace.h"
#include "tun/netlink.h"

namespace hawser {
namespace {

class TunDeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
    auto probe = TunDevice::open({.name = "hwprobe", .queues = 1, .offloads = {}});
    if (!probe) GTEST_SKIP() << probe.error().what;
  }

  TunDevice open(TunOffloads offloads, unsigned queues = 1) {
    auto device = TunDevice::open({.name = "hwt0", .queues = queues, .offloads = offloads});
    EXPECT_TRUE(device) << device.error().what;
    auto netlink = Netlink::open();
    EXPECT_TRUE(netlink->add_address("hwt0", *IpPrefix::parse("10.8.0.1/24")));
    EXPECT_TRUE(netlink->set_up("hwt0"));
    return std::move(*device);
  }

  // Sends datagrams of 100 octets to 10.8.0.2, which the TUN device gets to read.
  static void send_datagrams(std::size_t octets, int segment) {
    UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
    if (segment != 0) {
      ASSERT_EQ(0, setsockopt(socket.get(), SOL_UDP, UDP_SEGMENT, &segment, sizeof segment));
    }
    const std::vector<std::uint8_t> payload(octets, 'x');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(9);
    to.sin_addr.s_addr = htonl(0x0a080002);
    ASSERT_EQ(static_cast<ssize_t>(octets),
              ::sendto(socket.get(), payload.data(), payload.size(), 0,
                       reinterpret_cast<sockaddr*>(&to), sizeof to));
  }

  // The next UDP packet (the system also sends others, such as IPv6 router solicitations).
  std::optional<InnerPacket> read_udp(TunQueue& queue) {
    for (int i = 0; i < 50; ++i) {
      auto packet = queue.read(room_);
      EXPECT_TRUE(packet) << packet.error().what;
      if (!packet->has_value()) return std::nullopt;
      if ((**packet).bytes[0] == 0x45 && (**packet).bytes[9] == 17) return **packet;
    }
    return std::nullopt;
  }

  std::vector<std::uint8_t> room_ = std::vector<std::uint8_t>(TunQueue::kReadRoom);
};

TEST_F(TunDeviceTest, GrantsWhatIsAsked) {
  const auto full = open({});
  EXPECT_TRUE(full.granted().vnet_hdr);
  EXPECT_TRUE(full.granted().tso);
  EXPECT_EQ(full.name(), "hwt0");
}

TEST_F(TunDeviceTest, WithoutOffloadsPacketsComeWholeAndBare) {
  auto device = open({.vnet_hdr = false, .tso = true, .uso = true});
  EXPECT_EQ(device.granted(), (TunOffloads{.vnet_hdr = false, .tso = false, .uso = false}));
  send_datagrams(300, 100);
  for (int i = 0; i < 3; ++i) {
    const auto packet = read_udp(device.queue(0));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->bytes.size(), 128U);
    EXPECT_FALSE(packet->gso.needs_checksum);
  }
  EXPECT_FALSE(read_udp(device.queue(0)));
}

TEST_F(TunDeviceTest, UsoGivesSuperPackets) {
  auto device = open({});
  if (!device.granted().uso) GTEST_SKIP() << "no USO in this kernel";
  send_datagrams(350, 100);
  const auto packet = read_udp(device.queue(0));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->bytes.size(), 28U + 350);
  EXPECT_EQ(packet->gso.kind, GsoKind::kUdp);
  EXPECT_EQ(packet->gso.segment_size, 100);
  EXPECT_EQ(packet->gso.header_size, 28);
  EXPECT_EQ(device.queue(0).counters().malformed.value(), 0U);
}

TEST_F(TunDeviceTest, UsoCanBeLeftOut) {
  auto device = open({.vnet_hdr = true, .tso = true, .uso = false});
  EXPECT_EQ(device.granted(), (TunOffloads{.vnet_hdr = true, .tso = true, .uso = false}));
  send_datagrams(300, 100);
  const auto packet = read_udp(device.queue(0));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->gso.kind, GsoKind::kNone);
  EXPECT_EQ(packet->bytes.size(), 128U);
}

// Writes back, in several parts, what was read, with addresses and ports swapped.
TEST_F(TunDeviceTest, WrittenSuperPacketReachesASocketAsDatagrams) {
  auto device = open({});
  if (!device.granted().uso) GTEST_SKIP() << "no USO in this kernel";
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(9);
  ASSERT_EQ(0, ::bind(socket.get(), reinterpret_cast<sockaddr*>(&here), sizeof here));
  send_datagrams(250, 100);
  auto packet = read_udp(device.queue(0));
  ASSERT_TRUE(packet);
  auto& bytes = packet->bytes;
  std::swap_ranges(&bytes[12], &bytes[16], &bytes[16]);
  const std::array<ByteSpan, 3> parts{bytes.first(128), bytes.subspan(128, 100),
                                      bytes.subspan(228, 50)};
  EXPECT_EQ(device.queue(0).write({parts, packet->gso}), TunWrite::kWritten);
  std::array<std::uint8_t, 2000> received;
  for (const ssize_t size : {100, 100, 50}) {
    pollfd ready{.fd = socket.get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(1, ::poll(&ready, 1, 2000));
    EXPECT_EQ(::recv(socket.get(), received.data(), received.size(), 0), size);
  }
}

TEST_F(TunDeviceTest, RefusedWritesAreDrops) {
  auto device = open({});
  const std::array<std::uint8_t, 20> nonsense{};
  const std::array<ByteSpan, 1> parts{nonsense};
  EXPECT_EQ(device.queue(0).write({parts, {}}), TunWrite::kDropped);  // neither IPv4 nor IPv6
  const std::vector<ByteSpan> too_many(TunQueue::kMaxParts + 1, ByteSpan(nonsense));
  EXPECT_EQ(device.queue(0).write({too_many, {}}), TunWrite::kDropped);
  ASSERT_TRUE(Netlink::open()->set_up("hwt0", false));
  std::array<std::uint8_t, 20> ip{0x45, 0, 0, 20};
  const std::array<ByteSpan, 1> sound{ip};
  EXPECT_EQ(device.queue(0).write({sound, {}}), TunWrite::kDropped);  // down
  EXPECT_EQ(device.queue(0).counters().write_dropped.value(), 3U);
}

TEST_F(TunDeviceTest, SuperPacketWithoutHeaderIsADrop) {
  auto device = open({.vnet_hdr = false, .tso = false, .uso = false});
  const std::array<std::uint8_t, 40> ip{0x45, 0, 0, 40};
  const std::array<ByteSpan, 1> parts{ip};
  Gso gso;
  gso.kind = GsoKind::kTcp;
  EXPECT_EQ(device.queue(0).write({parts, gso}), TunWrite::kDropped);
}

TEST_F(TunDeviceTest, SeveralQueues) {
  auto device = open({}, 3);
  EXPECT_EQ(device.queue_count(), 3U);
  send_datagrams(100, 0);
  int found = 0;
  for (unsigned i = 0; i < 3; ++i) found += read_udp(device.queue(i)) ? 1 : 0;
  EXPECT_EQ(found, 1);
}

TEST_F(TunDeviceTest, ErrorsAreSentences) {
  auto first = open({});
  const auto bad = TunDevice::open({.name = std::string(40, 'x'), .queues = 1, .offloads = {}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().what.find("cannot create TUN device 'xxx"), 0U);
}

}  // namespace
}  // namespace hawser
