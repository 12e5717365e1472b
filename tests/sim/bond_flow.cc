// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_flow.h"

#include <algorithm>

#include "base/bytes.h"

namespace hawser {
namespace {

constexpr std::size_t kHeaders = 28;  // IPv4 and UDP
constexpr std::size_t kFlowSize = 2;
constexpr std::size_t kMarkSize = kFlowSize + 4;
constexpr std::uint8_t kExpedited = 46 << 2;
constexpr std::uint8_t kVideoConference = 34 << 2;
constexpr std::uint8_t kLowPriority = 8 << 2;

std::uint8_t tos_of(TrafficClass traffic_class) {
  switch (traffic_class) {
    case TrafficClass::kRealTime:
      return kExpedited;
    case TrafficClass::kInteractive:
      return kVideoConference;
    case TrafficClass::kBulk:
      return kLowPriority;
  }
  return 0;
}

}  // namespace

Bytes BondFlow::make(TimePoint now) {
  const auto packet = static_cast<std::uint32_t>(sent_.size());
  sent_.push_back(now);
  came_.push_back(false);
  Bytes payload(std::max(spec.octets, kMarkSize));
  store_be16(payload.data(), number_);
  store_be32(payload.data() + kFlowSize, packet);
  const bool from_left = spec.from == BondEnd::kLeft;
  return make_udp({.source = from_left ? "10.1.0.1" : "10.2.0.1",
                   .destination = from_left ? "10.2.0.1" : "10.1.0.1",
                   .source_port = static_cast<std::uint16_t>(20'000 + number_),
                   .destination_port = 9000,
                   .tos = tos_of(spec.traffic_class)},
                  payload);
}

std::optional<BondFlow::Mark> BondFlow::mark_of(ByteSpan packet) {
  if (packet.size() < kHeaders + kMarkSize) return std::nullopt;
  const std::uint8_t* at = packet.data() + kHeaders;
  return Mark{load_be16(at), load_be32(at + kFlowSize)};
}

void BondFlow::note_delivered(const Mark& mark, unsigned worker, TimePoint now) {
  if (came_.at(mark.packet)) {
    ++twice_;
    return;
  }
  came_[mark.packet] = true;
  ++delivered_;
  if (mark.packet < next_expected_) {
    ++reordered_;
  } else {
    next_expected_ = mark.packet + 1;
  }
  if (worker_.value_or(worker) != worker) ++at_other_workers_;
  worker_ = worker;
  if (last_delivered_) gap_ = std::max(gap_, now - *last_delivered_);
  last_delivered_ = now;
}

std::uint64_t BondFlow::lost(TimePoint from, TimePoint to) const {
  const auto begin = std::ranges::lower_bound(sent_, from) - sent_.begin();
  const auto end = std::ranges::lower_bound(sent_, to) - sent_.begin();
  return static_cast<std::uint64_t>(std::count(came_.begin() + begin, came_.begin() + end, false));
}

}  // namespace hawser
