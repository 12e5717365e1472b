// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tunnel/io/io_clock.h"
#include "tunnel/io/worker.h"

namespace hawser::testing {

// One end of a tunnel: a worker whose TUN device is a pair of sockets that keeps datagrams apart,
// like the device.
class Site {
 public:
  struct Options {
    IoOptions io;
    unsigned side = 0;  // 0 or 1
    int buffer_bytes = 8 << 20;
  };
  Site(EventLoop& loop, const Options& config) : side_(config.side), io_(config.io) {
    int fds[2];
    EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds));
    kernel_.reset(fds[0]);
    const int bytes = 4 << 20;
    for (const int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    tun_ = std::make_unique<TunQueue>(UniqueFd(fds[1]), io_.tun);
    UdpSocket::Options socket;
    socket.offloads = io_.udp;
    socket.buffer_bytes = config.buffer_bytes;
    Worker::Options options;
    options.tun = tun_.get();
    options.udp_v4 = std::make_unique<UdpSocket>(std::move(*UdpSocket::open(socket)));
    port_ = options.udp_v4->port();
    worker_ = std::make_unique<Worker>(loop, std::move(options));
    EXPECT_TRUE(worker_->start());
  }

  void connect_to(const TransportAddress& other) {
    InstallPeer peer;
    peer.peer = PeerId(1);
    peer.allowed_ips = {*IpPrefix::parse("0.0.0.0/0")};
    peer.path = AddressPair{{}, other};
    worker_->handle_command(std::move(peer), monotonic_now());
    InstallInboundSa in;
    in.peer = PeerId(1);
    in.spi = spi_of(side_);
    in.key = key_of(side_);
    worker_->handle_command(std::move(in), monotonic_now());
    InstallOutboundSa out;
    out.peer = PeerId(1);
    out.spi = spi_of(1 - side_);
    out.key = key_of(1 - side_);
    worker_->handle_command(std::move(out), monotonic_now());
  }

  // What the kernel would hand to the TUN device: the octets behind a virtio-net header if there
  // is one.
  void transmit(const std::vector<std::uint8_t>& header, const std::vector<std::uint8_t>& packet) {
    std::vector<std::uint8_t> frame;
    if (io_.tun.vnet_hdr) frame = header;
    frame.insert(frame.end(), packet.begin(), packet.end());
    ASSERT_EQ(static_cast<ssize_t>(frame.size()),
              ::write(kernel_.get(), frame.data(), frame.size()));
  }

  // What was written to the device, virtio-net header included.
  std::optional<std::vector<std::uint8_t>> take() {
    std::vector<std::uint8_t> frame(70000);
    const ssize_t size = ::read(kernel_.get(), frame.data(), frame.size());
    if (size < 0) return std::nullopt;
    frame.resize(static_cast<std::size_t>(size));
    return frame;
  }

  TransportAddress address() const { return {*IpAddress::parse("127.0.0.1"), port_}; }
  Worker& worker() { return *worker_; }

 private:
  static Spi spi_of(unsigned side) {
    return make_spi(WorkerIndex(0), static_cast<std::uint16_t>(side + 1), 9);
  }
  static SaKey key_of(unsigned side) {
    std::vector<std::uint8_t> octets(aead_key_size(AeadAlgorithm::kAes256Gcm) + kAeadSaltSize,
                                     static_cast<std::uint8_t>(side + 1));
    return {AeadAlgorithm::kAes256Gcm, Secret::copy_of(octets)};
  }

  unsigned side_;
  IoOptions io_;
  UniqueFd kernel_;
  std::unique_ptr<TunQueue> tun_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Worker> worker_;
};

}  // namespace hawser::testing
