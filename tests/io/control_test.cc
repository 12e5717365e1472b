// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tunnel/io/epoll_event_loop.h"
#include "tunnel/io/io_clock.h"
#include "tunnel/io/worker.h"

namespace hawser {
namespace {

std::unique_ptr<UdpSocket> open_socket() {
  return std::make_unique<UdpSocket>(std::move(*UdpSocket::open({})));
}

// A worker with a socket for ESP and one for IKE alone, on ports of the system's choice, and a TUN
// device that nobody uses.
struct Host {
  explicit Host(EventLoop& loop) {
    int fds[2];
    EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds));
    kernel.reset(fds[0]);
    tun = std::make_unique<TunQueue>(UniqueFd(fds[1]), TunOffloads{});
    Worker::Options options;
    options.tun = tun.get();
    options.udp_v4 = open_socket();
    options.ike_v4 = open_socket();
    esp = {*IpAddress::parse("127.0.0.1"), options.udp_v4->port()};
    ike = {*IpAddress::parse("127.0.0.1"), options.ike_v4->port()};
    worker = std::make_unique<Worker>(loop, std::move(options));
    EXPECT_TRUE(worker->start());
    worker->handle_command(AcceptControl{true}, monotonic_now());
  }

  UniqueFd kernel;
  std::unique_ptr<TunQueue> tun;
  std::unique_ptr<Worker> worker;
  TransportAddress esp;
  TransportAddress ike;
};

class WorkerControl : public ::testing::Test {
 protected:
  std::optional<ControlPacket> await(Worker& worker) {
    const TimePoint deadline = monotonic_now() + Seconds(5);
    while (!worker.has_control() && monotonic_now() < deadline) loop_->run_once(Milliseconds(20));
    return worker.poll_control();
  }

  std::unique_ptr<EventLoop> loop_ = std::move(*EpollEventLoop::open());
  Host a_{*loop_};
  Host b_{*loop_};
  std::vector<std::uint8_t> message_ = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::uint8_t> marked_ = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
};

TEST_F(WorkerControl, TheLocalPortNamesTheSocket) {
  a_.worker->send_control({a_.ike, b_.ike}, message_);
  const auto plain = await(*b_.worker);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->bytes, message_);
  EXPECT_EQ(plain->addresses.local, b_.ike) << "with the address that it came to";
  EXPECT_EQ(plain->addresses.remote, a_.ike);

  a_.worker->send_control({a_.esp, b_.esp}, marked_);
  const auto behind_marker = await(*b_.worker);
  ASSERT_TRUE(behind_marker);
  EXPECT_EQ(behind_marker->bytes, message_);
  EXPECT_EQ(behind_marker->addresses.local, b_.esp);
  EXPECT_EQ(behind_marker->addresses.remote, a_.esp);
}

TEST_F(WorkerControl, WithoutALocalAddressTheSystemChooses) {
  a_.worker->send_control({{}, b_.esp}, marked_);
  const auto packet = await(*b_.worker);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->addresses.remote, a_.esp);
}

TEST_F(WorkerControl, AnswersGoBackTheWayTheyCame) {
  a_.worker->send_control({a_.ike, b_.ike}, message_);
  const auto packet = await(*b_.worker);
  ASSERT_TRUE(packet);
  b_.worker->send_control(packet->addresses, message_);
  const auto answer = await(*a_.worker);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->addresses.remote, b_.ike);
}

}  // namespace
}  // namespace hawser
