// SPDX-License-Identifier: Apache-2.0
#include "multipath/held_packets.h"

namespace hawser {
namespace {

constexpr std::size_t kGranule = 512;

}  // namespace

HeldPackets::Index HeldPackets::hold(ByteSpan payload, const Description& description) {
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(slots_.size()));
    slots_.emplace_back();
  }
  const Index index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  spare_bytes_ -= slot.octets.capacity();
  if (slot.octets.capacity() < payload.size()) {
    slot.octets.clear();
    slot.octets.reserve((payload.size() + kGranule - 1) / kGranule * kGranule);
  }
  slot.octets.assign(payload.begin(), payload.end());
  slot.description = description;
  slot.next = kNone;
  bytes_ += slot.octets.capacity();
  ++packets_;
  return index;
}

HeldPackets::Index HeldPackets::release(Index index, TimePoint now) {
  Slot& slot = slots_[index];
  slot.waited = now - slot.description.arrived;
  bytes_ -= slot.octets.capacity();
  --packets_;
  released_.push_back(index);
  return slot.next;
}

std::optional<ReleasedPacket> HeldPackets::poll_released() {
  if (!has_released()) return std::nullopt;
  Slot& slot = slots_[released_[next_released_++]];
  return ReleasedPacket{.payload = slot.octets,
                        .bucket = slot.description.bucket,
                        .traffic_class = slot.description.traffic_class,
                        .mark = slot.description.mark,
                        .waited = slot.waited};
}

void HeldPackets::recycle() {
  if (next_released_ == 0) return;
  for (std::size_t i = 0; i < next_released_; ++i) {
    std::vector<std::uint8_t>& octets = slots_[released_[i]].octets;
    if (spare_bytes_ + octets.capacity() > kSpareBytesMax) std::vector<std::uint8_t>().swap(octets);
    spare_bytes_ += octets.capacity();
    free_.push_back(released_[i]);
  }
  released_.erase(released_.begin(),
                  released_.begin() + static_cast<std::ptrdiff_t>(next_released_));
  next_released_ = 0;
}

}  // namespace hawser
