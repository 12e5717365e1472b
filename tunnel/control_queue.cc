// SPDX-License-Identifier: Apache-2.0
#include "tunnel/control_queue.h"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

constexpr std::size_t kNewcomers = 0;
constexpr std::size_t kWithCookie = 1;
constexpr std::size_t kOthers = 2;

// RFC 7296 section 3.1: the header's second SPI is the responder's, 0 in the first message; then
// the type of the first payload, which is the notify that shows the cookie (section 2.6).
constexpr std::size_t kHeaderSize = 28;
constexpr std::size_t kResponderSpi = 8;
constexpr std::size_t kFirstPayload = 16;
constexpr std::uint8_t kNotify = 41;

std::size_t lane_of(ByteSpan message) {
  if (message.size() < kHeaderSize || load_be64(&message[kResponderSpi]) != 0) return kOthers;
  return message[kFirstPayload] == kNotify ? kWithCookie : kNewcomers;
}

}  // namespace

bool ControlQueue::push(const AddressPair& addresses, ByteSpan message) {
  Lane& lane = lanes_[lane_of(message)];
  if (lane.packets.size() == kMaxPackets || lane.bytes + message.size() > kMaxBytes) return false;
  lane.bytes += message.size();
  lane.packets.push_back({addresses, {message.begin(), message.end()}});
  return true;
}

std::optional<ControlPacket> ControlQueue::pop() {
  for (std::size_t i = 0; i < kLanes; ++i) {
    turn_ = (turn_ + 1) % kLanes;
    Lane& lane = lanes_[turn_];
    if (lane.packets.empty()) continue;
    ControlPacket packet = std::move(lane.packets.front());
    lane.packets.pop_front();
    lane.bytes -= packet.bytes.size();
    return packet;
  }
  return std::nullopt;
}

bool ControlQueue::empty() const {
  return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.packets.empty(); });
}

}  // namespace hawser
