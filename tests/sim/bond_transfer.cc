// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_transfer.h"

#include "base/bytes.h"
#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

constexpr std::size_t kPayload = 1300;
constexpr std::size_t kHeaders = 40;  // IPv4 and TCP
constexpr std::uint32_t kMark = 0x74637000;
constexpr std::size_t kMarkSize = 4 + 8;
constexpr std::size_t kSegmentsMax = 16;
constexpr Duration kTimer = Milliseconds(10);

Bytes make_packet(BondEnd from, std::uint64_t number, std::size_t size) {
  Bytes payload(size);
  store_be32(payload.data(), kMark);
  store_be64(payload.data() + 4, number);
  const bool from_left = from == BondEnd::kLeft;
  return make_tcp({.source = from_left ? "10.1.0.1" : "10.2.0.1",
                   .destination = from_left ? "10.2.0.1" : "10.1.0.1",
                   .source_port = static_cast<std::uint16_t>(from_left ? 40'000 : 8080),
                   .destination_port = static_cast<std::uint16_t>(from_left ? 8080 : 40'000)},
                  {.sequence = static_cast<std::uint32_t>(number * size)}, payload);
}

}  // namespace

BondTransfer::BondTransfer(BondSimulation& simulation)
    : simulation_(simulation), flow_([this](std::uint64_t segment) { send_segment(segment); }) {
  simulation_.take_delivered = [this](BondEnd at, ByteSpan packet) { return take(at, packet); };
}

void BondTransfer::start() {
  flow_.start(simulation_.now());
  look();
}

void BondTransfer::send_segment(std::uint64_t segment) {
  simulation_.at(simulation_.now(), [this, segment] {
    simulation_.side(BondEnd::kLeft).send_inner(make_packet(BondEnd::kLeft, segment, kPayload), 0);
  });
}

// Not from within: a bond is giving packets out.
void BondTransfer::plan_acknowledgement() {
  if (arrivals_.size() == acknowledged_) return;
  acknowledged_ = arrivals_.size();
  simulation_.at(simulation_.now(), [this, number = acknowledged_] {
    simulation_.side(BondEnd::kRight)
        .send_inner(make_packet(BondEnd::kRight, number, kMarkSize), 0);
  });
}

bool BondTransfer::take(BondEnd at, ByteSpan packet) {
  if (packet.size() < kHeaders + kMarkSize || load_be32(packet.data() + kHeaders) != kMark) {
    return false;
  }
  const std::uint64_t number = load_be64(packet.data() + kHeaders + 4);
  if (at == BondEnd::kRight) {
    octets_ += packet.size() - kHeaders;
    arrivals_.push_back(number);
    // As many as a network card or its like makes one of.
    if (arrivals_.size() - acknowledged_ == kSegmentsMax) plan_acknowledgement();
    simulation_.at(simulation_.now(), [this] { plan_acknowledgement(); });
    return true;
  }
  for (; known_ < number && known_ < arrivals_.size(); ++known_) {
    flow_.handle_ack(arrivals_[known_], false, simulation_.now());
  }
  return true;
}

void BondTransfer::look() {
  simulation_.at(simulation_.now() + kTimer, [this] { look(); });
  flow_.handle_timeout(simulation_.now());
}

BondTransfer::Result BondTransfer::run(Duration time) {
  const std::uint64_t octets = octets_;
  const Result before{
      .losses = flow_.losses(), .reductions = flow_.reductions(), .timeouts = flow_.timeouts()};
  simulation_.run_for(time);
  return {.mbps = static_cast<double>(octets_ - octets) * 8e-6 /
                  std::chrono::duration<double>(time).count(),
          .losses = flow_.losses() - before.losses,
          .reductions = flow_.reductions() - before.reductions,
          .timeouts = flow_.timeouts() - before.timeouts};
}

}  // namespace hawser
