// SPDX-License-Identifier: Apache-2.0
#include "tunnel/control_queue.h"

#include <utility>

namespace hawser {

bool ControlQueue::push(const AddressPair& addresses, ByteSpan message) {
  if (packets_.size() == kMaxPackets || bytes_ + message.size() > kMaxBytes) return false;
  bytes_ += message.size();
  packets_.push_back({addresses, {message.begin(), message.end()}});
  return true;
}

std::optional<ControlPacket> ControlQueue::pop() {
  if (packets_.empty()) return std::nullopt;
  ControlPacket packet = std::move(packets_.front());
  packets_.pop_front();
  bytes_ -= packet.bytes.size();
  return packet;
}

}  // namespace hawser
