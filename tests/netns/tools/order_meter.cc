// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/order_meter.h"

namespace hawser::lab {
namespace {

constexpr std::size_t kRecentMax = 4096;
// Farther back than that is not late: so many were lost that the numbers went round.
constexpr std::int64_t kLateMax = 16'384;

}  // namespace

std::optional<FlowPacket> parse_flow_packet(ByteSpan packet, std::uint16_t destination_port) {
  if (packet.size() < 20 || packet[0] >> 4 != 4 || packet[9] != 6) return {};
  const std::size_t header = 4u * (packet[0] & 0x0F);
  const bool fragment = (load_be16(&packet[6]) & 0x3FFF) != 0;
  if (header < 20 || fragment || packet.size() < header + 20) return {};
  if (load_be16(&packet[header + 2]) != destination_port) return {};
  const std::size_t headers = header + 4u * (packet[header + 12] >> 4);
  const std::size_t total = load_be16(&packet[2]);
  return FlowPacket{load_be16(&packet[header]), load_be16(&packet[4]),
                    total > headers ? total - headers : 0};
}

void OrderMeter::take(std::uint16_t identification, std::size_t count) {
  if (count == 0) return;
  if (!next_expected_) next_expected_ = identification;
  const auto step =
      static_cast<std::int16_t>(identification - static_cast<std::uint16_t>(*next_expected_));
  std::int64_t first = *next_expected_ + step;
  if (step < -kLateMax) first += 65'536;
  // RFC 4737 section 3.3: reordered is what is below the next expected.
  if (first < *next_expected_) {
    take_reordered(first, count);
  } else {
    const auto last = first + static_cast<std::int64_t>(count) - 1;
    recent_.push_back({report_.packets, last, count});
    if (recent_.size() > kRecentMax) recent_.pop_front();
    next_expected_ = last + 1;
  }
  report_.packets += count;
}

void OrderMeter::take_reordered(std::int64_t first, std::size_t count) {
  report_.reordered += count;
  // RFC 4737 section 4.2.2: how many arrivals ago came the first one that was sent later. The last
  // of those that came together has the largest extent.
  const std::int64_t last = first + static_cast<std::int64_t>(count) - 1;
  const auto run = std::ranges::upper_bound(recent_, last, {}, &Run::last);
  if (run == recent_.end()) return;
  const auto later =
      std::min<std::uint64_t>(run->count, static_cast<std::uint64_t>(run->last - last));
  const std::uint64_t overtaker = run->arrival + run->count - later;
  report_.extent_max = std::max(report_.extent_max, report_.packets + count - 1 - overtaker);
}

}  // namespace hawser::lab
