// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/counter.h"
#include "tunnel/io/socket_message.h"
#include "tunnel/packet.h"

namespace hawser {

// Memory for the messages of one receive call, and the packets in them. Each message has room for
// the largest datagram, or for what GRO makes of many; memory that no message reached is never
// touched.
class ReceiveArena {
 public:
  explicit ReceiveArena(std::size_t messages);
  ReceiveArena(const ReceiveArena&) = delete;
  ReceiveArena& operator=(const ReceiveArena&) = delete;

  // For recvmmsg: reset since the last call.
  std::span<mmsghdr> prepare();
  // The packets in the first `count` messages.
  std::span<OuterPacket> split(std::size_t count, std::uint16_t local_port, Counter& truncated);

 private:
  // Not a multiple of a page: messages at equal offsets of all pages would fight for the same
  // cache lines.
  static constexpr std::size_t kStride = 65536 + 1088;
  static constexpr std::size_t kRoom = 65536;

  struct Slot {
    iovec part;
    sockaddr_storage remote;
    alignas(cmsghdr) std::array<std::uint8_t, kIncomingControlSize> control;
  };
  void reset(std::size_t index);

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> messages_;
  std::vector<OuterPacket> packets_;
  std::size_t used_ = 0;  // messages that the last call changed
};

}  // namespace hawser
