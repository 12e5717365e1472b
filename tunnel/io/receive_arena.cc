// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/receive_arena.h"

#include <algorithm>

namespace hawser {

ReceiveArena::ReceiveArena(std::size_t messages)
    : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(messages * kStride)),
      slots_(messages),
      messages_(messages) {
  for (std::size_t i = 0; i < messages; ++i) {
    slots_[i].part = {bytes_.get() + i * kStride, kRoom};
    reset(i);
  }
  packets_.reserve(messages * Transmit::kMaxSegments);
}

void ReceiveArena::reset(std::size_t index) {
  Slot& slot = slots_[index];
  msghdr& header = messages_[index].msg_hdr;
  header.msg_name = &slot.remote;
  header.msg_namelen = sizeof slot.remote;
  header.msg_iov = &slot.part;
  header.msg_iovlen = 1;
  header.msg_control = slot.control.data();
  header.msg_controllen = slot.control.size();
  header.msg_flags = 0;
}

std::span<mmsghdr> ReceiveArena::prepare() {
  for (std::size_t i = 0; i < used_; ++i) reset(i);
  used_ = 0;
  return messages_;
}

std::span<OuterPacket> ReceiveArena::split(std::size_t count, std::uint16_t local_port,
                                           Counter& truncated) {
  packets_.clear();
  used_ = count;
  for (std::size_t i = 0; i < count; ++i) {
    msghdr& message = messages_[i].msg_hdr;
    if (message.msg_flags & MSG_TRUNC) {
      truncated.add();
      continue;
    }
    const IncomingHeader header = decode_incoming(message);
    const auto* remote = reinterpret_cast<const sockaddr*>(&slots_[i].remote);
    const AddressPair addresses{.local = {header.local, local_port},
                                .remote = SocketAddress::decode(remote)};
    MutableByteSpan rest(bytes_.get() + i * kStride, messages_[i].msg_len);
    const std::size_t step = header.segment_size != 0 ? header.segment_size : rest.size();
    do {
      const std::size_t size = std::min(step, rest.size());
      packets_.push_back({addresses, rest.first(size), header.ecn});
      rest = rest.subspan(size);
    } while (!rest.empty());
  }
  return packets_;
}

}  // namespace hawser
