// SPDX-License-Identifier: Apache-2.0
#include "multipath/bond_parity.h"

#include <utility>

namespace hawser {

bool BondParity::handle_parity(ByteSpan frame, TimePoint now) {
  auto parity = ParityFrame::parse(frame);
  if (!parity) return false;
  receiver_.handle_parity(std::move(*parity), now);
  return true;
}

void BondParity::put_in_order(Resequencer& order, const DataArrival& arrival, TimePoint now) {
  while (auto frame = receiver_.poll_recovered()) {
    const ShimHeader header{.type = ShimType::kData,
                            .traffic_class = frame->traffic_class,
                            .recovered = true,
                            .bucket = frame->bucket,
                            .sequence = frame->sequence};
    DataArrival data = arrival;
    data.payload = frame->packet;
    data.path_missing.reset();
    const OrderVerdict verdict = order.handle(header, data, now);
    if (verdict != OrderVerdict::kDeliver && verdict != OrderVerdict::kLate) continue;
    released_.push_back({.frame = std::move(*frame), .mark = arrival.mark});
  }
}

std::optional<ReleasedPacket> BondParity::poll_released() {
  if (released_.empty()) return std::nullopt;
  polled_.push_back(std::move(released_.front()));
  released_.pop_front();
  Released& one = polled_.back();
  return ReleasedPacket{.payload = one.frame.packet,
                        .bucket = one.frame.bucket,
                        .traffic_class = one.frame.traffic_class,
                        .mark = one.mark};
}

}  // namespace hawser
