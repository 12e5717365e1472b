// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/deadline.h"
#include "tests/sim/simulation.h"

namespace hawser {

SimNode::SimNode(Simulation& simulation, const Options& options)
    : simulation_(simulation), options_(options), endpoint_({.workers = options.workers}) {
  restart();
}

void SimNode::restart() {
  ++life_;
  endpoint_ = Endpoint({.workers = options_.workers});
  planes_.clear();
  for (unsigned w = 0; w < options_.workers; ++w) {
    planes_.push_back(std::make_unique<DataPlane>(DataPlane::Options{
        .worker = WorkerIndex(static_cast<std::uint8_t>(w)), .workers = options_.workers}));
  }
}

void SimNode::write_to_disk(const ReserveRequested& request) {
  simulation_.at(simulation_.now() + disk_delay, [this, request, life = life_] {
    if (life != life_) return;  // it died before the disk was done
    SequenceNumber& mark = disk[{request.direction, request.key}];
    mark = std::max(mark, request.mark);
    endpoint_.handle_reserved(request);
    pump();
  });
}

void SimNode::configure(EndpointConfig config) {
  const auto done = endpoint_.configure(std::move(config));
  if (!done) throw std::logic_error(done.error().what);
  pump();
}

void SimNode::send_inner(Bytes packet, unsigned worker) {
  InnerPacket inner{packet, {}};
  planes_.at(worker)->handle_inner_packets({&inner, 1}, simulation_.now());
  pump();
}

void SimNode::send_inner_batch(std::vector<InnerPacket> batch, unsigned worker) {
  planes_.at(worker)->handle_inner_packets(batch, simulation_.now());
  pump();
}

// As a reuseport filter would steer: by the first octet; sometimes wrongly, as a network card may.
void SimNode::receive(const TransportAddress& from, const Bytes& datagram) {
  Bytes copy = datagram;
  unsigned worker = copy.empty() || copy[0] == 0 || copy[0] > options_.workers ? 0 : copy[0] - 1u;
  if (simulation_.random().chance(options_.missteer)) {
    worker = static_cast<unsigned>(simulation_.random().below(options_.workers));
  }
  OuterPacket packet{{{}, from}, copy, Ecn::kNotEct};
  planes_.at(worker)->handle_outer_packets({&packet, 1}, simulation_.now());
  pump();
}

void SimNode::run_timers() {
  for (auto& plane : planes_) {
    const auto due = plane->next_timeout();
    if (due && *due <= simulation_.now()) plane->handle_timeout(simulation_.now());
  }
  pump();
}

std::optional<TimePoint> SimNode::next_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& plane : planes_) keep_earlier(next, plane->next_timeout());
  return next;
}

// Until nothing moves: results of one worker may be work for another.
void SimNode::pump() {
  for (bool moved = true; moved;) {
    moved = false;
    while (auto command = endpoint_.poll_command()) {
      planes_.at(command->worker.value())
          ->handle_command(std::move(command->command), simulation_.now());
      pump_worker(command->worker.value());
      moved = true;
    }
    for (unsigned w = 0; w < planes_.size(); ++w) moved = pump_worker(w) || moved;
    while (auto event = endpoint_.poll_event()) {
      if (const auto* request = std::get_if<ReserveRequested>(&*event)) write_to_disk(*request);
      events.push_back(std::move(*event));
    }
  }
}

bool SimNode::pump_worker(unsigned worker) {
  DataPlane& plane = *planes_[worker];
  bool moved = false;
  while (const auto transmit = plane.poll_transmit()) {
    for (std::size_t at = 0; at < transmit->bytes.size(); at += transmit->segment_size) {
      const std::size_t size =
          std::min<std::size_t>(transmit->segment_size, transmit->bytes.size() - at);
      const ByteSpan datagram = transmit->bytes.subspan(at, size);
      simulation_.send(options_.address, transmit->addresses.remote,
                       {datagram.begin(), datagram.end()});
    }
    moved = true;
  }
  for (Bytes& packet : drain_inner(plane)) {
    delivered.push_back({simulation_.now(), worker, std::move(packet)});
    moved = true;
  }
  std::vector<Handover> handovers;
  while (auto handover = plane.poll_handover()) handovers.push_back(std::move(*handover));
  while (auto event = plane.poll_event()) {
    endpoint_.handle_data_plane_event(*event);
    moved = true;
  }
  for (Handover& handover : handovers) {
    const unsigned target = handover.target.value();
    planes_.at(target)->handle_handover(std::move(handover), simulation_.now());
    pump_worker(target);
    moved = true;
  }
  return moved;
}

std::uint64_t SimNode::drops(DropReason reason) const {
  std::uint64_t total = 0;
  for (const auto& plane : planes_) total += plane->snapshot().drops.value(reason);
  return total;
}

std::uint64_t SimNode::handed_over() const {
  std::uint64_t total = 0;
  for (const auto& plane : planes_) total += plane->snapshot().handed_over;
  return total;
}

}  // namespace hawser
