// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/worker.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/io/inner_packets.h"
#include "tests/io/site.h"
#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"
#include "tunnel/io/socket_message.h"

namespace hawser {
namespace {

using testing::Site;
using testing::tcp_super_packet;
using testing::udp_packet;

struct Mode {
  std::string name;
  IoOptions io;
};

class WorkerTest : public ::testing::TestWithParam<Mode> {
 protected:
  WorkerTest()
      : loop_(std::move(*EpollEventLoop::open())),
        a_(*loop_, {.io = GetParam().io, .side = 0}),
        b_(*loop_, {.io = GetParam().io, .side = 1}) {
    a_.connect_to(b_.address());
    b_.connect_to(a_.address());
  }

  // Frames at `site`, until there are so many or nothing happens any more.
  std::vector<std::vector<std::uint8_t>> collect(Site& site, std::size_t count) {
    std::vector<std::vector<std::uint8_t>> frames;
    const TimePoint deadline = monotonic_now() + Seconds(5);
    while (frames.size() < count && monotonic_now() < deadline) {
      loop_->run_once(Milliseconds(20));
      while (auto frame = site.take()) frames.push_back(std::move(*frame));
    }
    return frames;
  }

  std::size_t header_size() const { return GetParam().io.tun.vnet_hdr ? kVnetHeaderSize : 0; }

  std::unique_ptr<EpollEventLoop> loop_;
  Site a_;
  Site b_;
  const std::vector<std::uint8_t> no_header_ = std::vector<std::uint8_t>(kVnetHeaderSize);
};

TEST_P(WorkerTest, PacketsPassBothWaysUnchangedAndInOrder) {
  for (int round = 0; round < 3; ++round) {
    std::vector<std::vector<std::uint8_t>> sent;
    for (std::size_t i = 0; i < 100; ++i) {
      // Sizes that differ, so that nothing is merged.
      sent.push_back(udp_packet({.payload = 100 + 7 * i, .fill = static_cast<std::uint8_t>(i)}));
    }
    Site& from = round % 2 == 0 ? a_ : b_;
    Site& to = round % 2 == 0 ? b_ : a_;
    for (const auto& packet : sent) from.transmit(no_header_, packet);
    const auto frames = collect(to, sent.size());
    ASSERT_EQ(frames.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_TRUE(std::equal(sent[i].begin(), sent[i].end(),
                             frames[i].begin() + static_cast<long>(header_size()), frames[i].end()))
          << i;
    }
  }
}

TEST_P(WorkerTest, SuperPacketsArriveWithAllTheirOctets) {
  if (!GetParam().io.tun.tso) GTEST_SKIP() << "no super-packets in this mode";
  const auto super = tcp_super_packet({.payload = 60000, .segment_size = 1380});
  a_.transmit(super.vnet_header, super.packet);
  std::vector<std::uint8_t> payload;
  std::size_t writes = 0;
  const TimePoint deadline = monotonic_now() + Seconds(5);
  while (payload.size() < 60000 && monotonic_now() < deadline) {
    for (auto& frame : collect(b_, 1)) {
      const auto packet = decode_vnet_header(frame);
      ASSERT_TRUE(packet);
      const auto data = packet->bytes.subspan(super.header_size);
      payload.insert(payload.end(), data.begin(), data.end());
      ++writes;
    }
  }
  EXPECT_TRUE(std::equal(payload.begin(), payload.end(),
                         super.packet.begin() + static_cast<long>(super.header_size),
                         super.packet.end()));
  const IoStatus status = b_.worker().status();
  EXPECT_EQ(status.udp_v4->counters.packets_received.value(), (60000U + 1379) / 1380);
  // Merged again, if they came together.
  EXPECT_LT(writes, GetParam().io.udp.batch ? 10U : 45U);
}

TEST_P(WorkerTest, StatusTellsWhatRuns) {
  const IoStatus status = a_.worker().status();
  EXPECT_EQ(status.event_loop, "epoll");
  EXPECT_EQ(status.tun_granted, GetParam().io.tun);
  EXPECT_EQ(status.udp_v4->granted, GetParam().io.udp);
  EXPECT_FALSE(status.udp_v6);
}

TEST_P(WorkerTest, PacketForAFamilyWithoutSocketIsADrop) {
  InstallPeer peer;
  peer.peer = PeerId(1);
  peer.allowed_ips = {*IpPrefix::parse("0.0.0.0/0")};
  peer.path = AddressPair{{}, *TransportAddress::parse("[2001:db8::1]:4500")};
  a_.worker().handle_command(std::move(peer), monotonic_now());
  a_.transmit(no_header_, udp_packet({.payload = 50}));
  loop_->run_once(Milliseconds(100));
  EXPECT_EQ(a_.worker().snapshot().drops.value(DropReason::kSendFailed), 1U);
}

TEST_P(WorkerTest, OnePacketPerCallInPlainMode) {
  for (int i = 0; i < 10; ++i) a_.transmit(no_header_, udp_packet({.payload = 200}));
  std::size_t seen = 0;
  const TimePoint deadline = monotonic_now() + Seconds(5);
  const auto received = [&] { return b_.worker().status().udp_v4->counters; };
  while (received().packets_received.value() < 10 && monotonic_now() < deadline) {
    loop_->run_once(Milliseconds(20));
  }
  while (b_.take()) ++seen;
  const auto sends = a_.worker().status().udp_v4->counters.send_calls.value();
  if (GetParam().io.udp.batch) {
    EXPECT_LE(sends, 2U);
  } else {
    EXPECT_EQ(sends, 10U);
    EXPECT_EQ(seen, 10U);
    EXPECT_GE(received().receive_calls.value(), 10U);
    EXPECT_GE(a_.worker().status().tun.reads.value(), 10U);
  }
}

TEST_P(WorkerTest, GarbageFromTheNetworkHarmsNothing) {
  UniqueFd raw(::socket(AF_INET, SOCK_DGRAM, 0));
  SocketAddress to({*IpAddress::parse("127.0.0.1"), b_.worker().status().udp_v4->port});
  std::vector<std::uint8_t> junk(1500, 0xab);
  for (std::size_t size = 0; size < 300; ++size) {
    ASSERT_LE(0, ::sendto(raw.get(), junk.data(), size, 0, to.data(), to.size()));
  }
  for (int i = 0; i < 50; ++i) loop_->run_once(Milliseconds(0));
  a_.transmit(no_header_, udp_packet({.payload = 50}));
  EXPECT_EQ(collect(b_, 1).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Modes, WorkerTest,
    ::testing::Values(Mode{"Full", IoOptions::full()}, Mode{"Plain", IoOptions::plain()},
                      Mode{"TunOnly", {.tun = {}, .udp = IoOptions::plain().udp}},
                      Mode{"UdpOnly", {.tun = IoOptions::plain().tun, .udp = {}}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace hawser
