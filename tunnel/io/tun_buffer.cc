// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/tun_buffer.h"

namespace hawser {

TunBuffer::TunBuffer() : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kSize)) {
  packets_.reserve(kMaxPackets);
}

void TunBuffer::clear() {
  used_ = 0;
  packets_.clear();
}

MutableByteSpan TunBuffer::room(std::size_t header_room) {
  static_assert(kVnetHeaderSize <= kAlign);
  const std::size_t packet = (used_ + kAlign - 1) / kAlign * kAlign + kAlign;
  return MutableByteSpan(bytes_.get() + packet - header_room, TunQueue::kReadRoom);
}

void TunBuffer::add(const InnerPacket& packet) {
  used_ = static_cast<std::size_t>(packet.bytes.data() + packet.bytes.size() - bytes_.get());
  packets_.push_back(packet);
}

}  // namespace hawser
