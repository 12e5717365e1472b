// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <array>
#include <cstring>

#include "tests/io/inner_packets.h"
#include "tests/io/site.h"
#include "tests/tun/own_namespace.h"
#include "tun/netlink.h"
#include "tunnel/io/epoll_event_loop.h"

namespace hawser {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kUdpPayload = kEthernet + 20 + 8;

// The far end of an Ethernet that does not answer ARP until told to: what is sent there stays in
// the socket's buffer.
class SilentEthernet {
 public:
  SilentEthernet() : fd_(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
    ifreq request{};
    std::strcpy(request.ifr_name, "tap0");
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    ready_ = fd_.is_open() && ::ioctl(fd_.get(), TUNSETIFF, &request) == 0;
  }
  bool is_ready() const { return ready_; }

  // Frames that have come; ARP requests are kept to be answered.
  std::vector<std::vector<std::uint8_t>> take_udp() {
    std::vector<std::vector<std::uint8_t>> frames;
    std::array<std::uint8_t, 2000> frame;
    ssize_t size;
    while ((size = ::read(fd_.get(), frame.data(), frame.size())) > 0) {
      if (load_be16(&frame[12]) == 0x0806)
        std::copy_n(frame.begin(), request_.size(), &request_[0]);
      if (load_be16(&frame[12]) != 0x0800 || frame[kEthernet + 9] != 17) continue;
      frames.emplace_back(frame.begin(), frame.begin() + size);
    }
    return frames;
  }

  bool was_asked() const { return request_[12] != 0; }
  // RFC 826: the asked for address is at 02:00:00:00:00:77.
  void answer() {
    const std::uint8_t mac[6] = {2, 0, 0, 0, 0, 0x77};
    std::array<std::uint8_t, 42> reply = request_;
    std::copy_n(&request_[6], 6, &reply[0]);
    std::copy_n(mac, 6, &reply[6]);
    reply[21] = 2;
    std::copy_n(mac, 6, &reply[22]);
    std::copy_n(&request_[38], 4, &reply[28]);
    std::copy_n(&request_[22], 10, &reply[32]);
    ASSERT_EQ(42, ::write(fd_.get(), reply.data(), reply.size()));
  }

 private:
  UniqueFd fd_;
  bool ready_ = false;
  std::array<std::uint8_t, 42> request_{};
};

class BackPressureTest : public ::testing::TestWithParam<bool> {};

TEST_P(BackPressureTest, FullSocketStopsTheTunAndNothingIsLost) {
  if (!testing::enter_own_network_namespace()) GTEST_SKIP() << "no network namespaces here";
  SilentEthernet wire;
  if (!wire.is_ready()) GTEST_SKIP() << "no TAP devices here";
  auto netlink = Netlink::open();
  ASSERT_TRUE(netlink);
  ASSERT_TRUE(netlink->add_address("tap0", *IpPrefix::parse("10.77.0.1/24")));
  ASSERT_TRUE(netlink->set_up("tap0"));
  auto loop = std::move(*EpollEventLoop::open());
  testing::Site site(
      *loop,
      {.io = GetParam() ? IoOptions::full() : IoOptions::plain(), .side = 0, .buffer_bytes = 4096});
  site.connect_to(*TransportAddress::parse("10.77.0.2:4500"));

  constexpr std::size_t kPackets = 1000;
  const std::vector<std::uint8_t> no_header(kVnetHeaderSize);
  for (std::size_t i = 0; i < kPackets; ++i) {
    site.transmit(no_header, testing::udp_packet({.payload = 300 + i % 7}));
  }
  for (int i = 0; i < 300 && !wire.was_asked(); ++i) {
    loop->run_once(Milliseconds(10));
    EXPECT_TRUE(wire.take_udp().empty());
  }
  ASSERT_TRUE(wire.was_asked());
  EXPECT_GT(site.worker().status().udp_v4->counters.send_blocked.value(), 0U);
  const auto reads = site.worker().status().tun.packets_read.value();
  EXPECT_LT(reads, kPackets);
  for (int i = 0; i < 20; ++i) loop->run_once(Milliseconds(1));
  EXPECT_EQ(site.worker().status().tun.packets_read.value(), reads);

  wire.answer();
  std::uint32_t next_sequence = 1;
  const TimePoint deadline = monotonic_now() + Seconds(10);
  while (next_sequence <= kPackets && monotonic_now() < deadline) {
    loop->run_once(Milliseconds(5));
    for (const auto& frame : wire.take_udp()) {
      EXPECT_EQ(load_be32(&frame[kUdpPayload + 4]), next_sequence);
      ++next_sequence;
    }
  }
  EXPECT_EQ(next_sequence, kPackets + 1);
  EXPECT_EQ(site.worker().snapshot().drops.value(DropReason::kSendFailed), 0U);
}

INSTANTIATE_TEST_SUITE_P(Modes, BackPressureTest, ::testing::Bool(),
                         [](const auto& instance) { return instance.param ? "Full" : "Plain"; });

}  // namespace
}  // namespace hawser
