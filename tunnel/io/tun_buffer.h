// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tun/tun_device.h"
#include "tunnel/packet.h"

namespace hawser {

// The packets read from the TUN device for one batch, packed one behind the other: small packets
// share what one super-packet may fill. A batch ends at kMaxPackets or when kTargetBytes are
// reached; the last packet may go beyond that by its whole size.
class TunBuffer {
 public:
  static constexpr std::size_t kMaxPackets = 256;
  static constexpr std::size_t kTargetBytes = 64 * 1024;

  TunBuffer();

  void clear();
  bool is_full(std::size_t max_packets) const {
    return used_ >= kTargetBytes || packets_.size() >= max_packets;
  }
  // Where the next packet is to be read: `header_room` octets before an aligned IP header.
  MutableByteSpan room(std::size_t header_room);
  // The packet that was read there.
  void add(const InnerPacket& packet);
  std::span<InnerPacket> packets() { return packets_; }

 private:
  static constexpr std::size_t kAlign = 64;
  static constexpr std::size_t kSize = kTargetBytes + TunQueue::kReadRoom + 4 * kAlign;

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t used_ = 0;
  std::vector<InnerPacket> packets_;
};

}  // namespace hawser
