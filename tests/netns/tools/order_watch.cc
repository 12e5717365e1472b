// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/order_watch.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "tests/netns/tools/sockets.h"

namespace hawser::lab {
namespace {

// struct virtio_net_hdr of linux/virtio_net.h, which does not compile as C++; in host order.
constexpr std::size_t kOffloadSize = 10;
constexpr std::size_t kGsoTypeAt = 1, kGsoSizeAt = 4;

constexpr std::size_t kBatchMax = 64;
constexpr std::size_t kSnap = 160;      // of each packet; all headers fit
constexpr int kQueueOctets = 64 << 20;  // merged packets are charged whole

void set_option(int fd, int level, int name, int value, const char* what) {
  if (setsockopt(fd, level, name, &value, sizeof value) < 0) throw_errno(what);
}

}  // namespace

OrderWatch::OrderWatch(const std::string& device, std::uint16_t port)
    : port_(port), buffer_(kBatchMax * kSnap) {
  fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw_errno("packet socket");
  set_option(fd_, SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
  set_option(fd_, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
  set_option(fd_, SOL_SOCKET, SO_RCVBUFFORCE, kQueueOctets, "SO_RCVBUFFORCE");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
  if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    throw_errno("watching " + device);
  }
}

OrderWatch::~OrderWatch() { close(fd_); }

void OrderWatch::take_waiting(int timeout_ms) {
  pollfd polled{fd_, POLLIN, 0};
  if (poll(&polled, 1, timeout_ms) <= 0) return;
  iovec pieces[kBatchMax];
  mmsghdr messages[kBatchMax] = {};
  for (std::size_t i = 0; i < kBatchMax; ++i) {
    pieces[i] = {&buffer_[i * kSnap], kSnap};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int count = 0;
  do {
    count = recvmmsg(fd_, messages, kBatchMax, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
      take({&buffer_[static_cast<std::size_t>(i) * kSnap], messages[i].msg_len});
    }
  } while (count == static_cast<int>(kBatchMax));
}

void OrderWatch::take(ByteSpan captured) {
  if (captured.size() < kOffloadSize) return;
  const auto packet = parse_flow_packet(captured.subspan(kOffloadSize), port_);
  if (!packet) return;
  std::uint16_t segment = 0;
  std::memcpy(&segment, &captured[kGsoSizeAt], sizeof segment);
  std::size_t count = 1;
  if (captured[kGsoTypeAt] != 0 && segment > 0) {
    count = std::max<std::size_t>(1, (packet->payload + segment - 1) / segment);
  }
  flows_[packet->source_port].take(packet->identification, count);
}

OrderReport OrderWatch::report() const {
  OrderReport sum;
  for (const auto& [port, meter] : flows_) {
    sum.packets += meter.report().packets;
    sum.reordered += meter.report().reordered;
    sum.extent_max = std::max(sum.extent_max, meter.report().extent_max);
  }
  return sum;
}

std::uint64_t OrderWatch::missed() const {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
  return stats.tp_drops;
}

}  // namespace hawser::lab
