// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_side.h"

#include <algorithm>
#include <utility>

#include "base/deadline.h"
#include "tests/sim/bond_simulation.h"
#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

constexpr std::uint16_t kEffectiveMtu = 1380;
constexpr unsigned kPairsMax = 8;
// SPIs come again after so many rekeys.
constexpr unsigned kGenerations = 32;

std::uint16_t index_of_sa(PathId path, unsigned pair, unsigned generation) {
  return static_cast<std::uint16_t>(
      ((generation % kGenerations) * BondSide::kSlots + path.value()) * kPairsMax + pair);
}

SaKey key_of(BondEnd at, PathId path, unsigned pair, unsigned generation) {
  const auto number = (generation * BondSide::kSlots + path.value()) * kPairsMax + pair;
  return test_key(AeadAlgorithm::kAes256Gcm,
                  number * 2 + static_cast<std::uint32_t>(index_of(at)) + 1);
}

}  // namespace

BondSide::BondSide(BondSimulation& simulation, const Options& options)
    : simulation_(simulation), options_(options), random_(options.seed) {
  for (unsigned w = 0; w < options.workers; ++w) {
    planes_.push_back(std::make_unique<DataPlane>(
        DataPlane::Options{.worker = WorkerIndex(static_cast<std::uint8_t>(w)),
                           .workers = options.workers,
                           .coalesce = {},
                           .random = &random_}));
  }
}

Spi BondSide::spi_of(BondEnd at, PathId path, unsigned pair, unsigned generation) const {
  const unsigned workers = at == options_.end ? options_.workers : options_.peer_workers;
  const std::uint8_t mark = at == BondEnd::kLeft ? 0x11 : 0x22;
  return make_spi(owner_of(pair, workers), index_of_sa(path, pair, generation), mark);
}

void BondSide::tell(unsigned worker, DataPlaneCommand command) {
  planes_.at(worker)->handle_command(std::move(command), simulation_.now());
  pump();
}

template <typename Command>
void BondSide::tell_all(const Command& command) {
  for (unsigned w = 0; w < options_.workers; ++w) tell(w, command);
}

void BondSide::begin(const SetTraffic& traffic, const AddressPair& first) {
  const bool is_left = options_.end == BondEnd::kLeft;
  tell_all(InstallPeer{.peer = kPeer,
                       .allowed_ips = prefixes({is_left ? "10.2.0.0/16" : "10.1.0.0/16"}),
                       .path = first,
                       .effective_mtu = kEffectiveMtu});
  tell_all(traffic);
  install_inbound(0);
  tell_all(BeginBond{.peer = kPeer, .full_frame = kShimSize + kEffectiveMtu});
  replace_outbound(0);
}

void BondSide::set_path(const PlannedPath& path) { tell_all(SetPath{kPeer, path}); }
void BondSide::move_path(PathId path, const AddressPair& addresses) {
  tell_all(MovePath{kPeer, path, addresses});
}
void BondSide::remove_path(PathId path) { tell_all(RemovePath{kPeer, path}); }
void BondSide::set_traffic(const SetTraffic& traffic) { tell_all(traffic); }

void BondSide::install_inbound(unsigned generation) {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    for (unsigned k = 0; k < pairs(); ++k) {
      InstallInboundSa sa{.peer = kPeer,
                          .spi = spi_of(options_.end, PathId(slot), k, generation),
                          .key = key_of(options_.end, PathId(slot), k, generation)};
      sa.path = PathId(slot);
      sa.pair = k;
      sa.shim = true;
      tell(k % options_.workers, std::move(sa));
    }
  }
}

void BondSide::replace_outbound(unsigned generation) {
  const BondEnd peer = other(options_.end);
  for (unsigned w = 0; w < options_.workers; ++w) {
    ReplaceOutboundSas command{.peer = kPeer, .sas = {}};
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      for (unsigned k = w; k < pairs(); k += options_.workers) {
        InstallOutboundSa sa{.peer = kPeer,
                             .spi = spi_of(peer, PathId(slot), k, generation),
                             .key = key_of(peer, PathId(slot), k, generation)};
        sa.path = PathId(slot);
        sa.pair = k;
        sa.shim = true;
        command.sas.push_back(std::move(sa));
      }
    }
    tell(w, std::move(command));
  }
}

void BondSide::remove_inbound(unsigned generation) {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    for (unsigned k = 0; k < pairs(); ++k) {
      tell(k % options_.workers,
           RemoveInboundSa{spi_of(options_.end, PathId(slot), k, generation)});
    }
  }
}

void BondSide::send_inner(Bytes packet, unsigned worker) {
  InnerPacket inner{packet, {}};
  planes_.at(worker)->handle_inner_packets({&inner, 1}, simulation_.now());
  pump();
}

// As a reuseport filter would steer: by the first octet; sometimes wrongly, as a network card may.
void BondSide::receive(const AddressPair& from, Bytes datagram) {
  const unsigned owner = datagram.empty() ? 0 : datagram[0];
  unsigned worker = owner == 0 || owner > options_.workers ? 0 : owner - 1;
  if (random_.chance(options_.missteer)) {
    worker = static_cast<unsigned>(random_.below(options_.workers));
  }
  OuterPacket packet{from, datagram, Ecn::kNotEct};
  planes_.at(worker)->handle_outer_packets({&packet, 1}, simulation_.now());
  pump();
}

// Each worker hears of it; whose packet it was knows that by its SPI.
void BondSide::handle_too_big(const TooBig& news) {
  for (auto& plane : planes_) plane->handle_too_big(news, simulation_.now());
  pump();
}

void BondSide::run_timers() {
  for (auto& plane : planes_) {
    const auto due = plane->next_timeout();
    if (due && *due <= simulation_.now()) plane->handle_timeout(simulation_.now());
  }
  pump();
}

std::optional<TimePoint> BondSide::next_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& plane : planes_) keep_earlier(next, plane->next_timeout());
  return next;
}

// Until nothing moves: results of one worker may be work for another.
void BondSide::pump() {
  for (bool moved = true; moved;) {
    moved = false;
    for (unsigned w = 0; w < planes_.size(); ++w) moved = pump_worker(w) || moved;
  }
}

bool BondSide::pump_worker(unsigned worker) {
  DataPlane& plane = *planes_[worker];
  bool moved = false;
  while (const auto transmit = plane.poll_transmit()) {
    for (std::size_t at = 0; at < transmit->bytes.size(); at += transmit->segment_size) {
      const std::size_t size =
          std::min<std::size_t>(transmit->segment_size, transmit->bytes.size() - at);
      const ByteSpan datagram = transmit->bytes.subspan(at, size);
      simulation_.send(options_.end, transmit->addresses, {datagram.begin(), datagram.end()},
                       transmit->may_fragment);
    }
    moved = true;
  }
  for (const Bytes& packet : drain_inner(plane)) {
    simulation_.note_delivered(options_.end, worker, packet);
    moved = true;
  }
  std::vector<Handover> handovers;
  while (auto handover = plane.poll_handover()) handovers.push_back(std::move(*handover));
  while (const auto event = plane.poll_event()) {
    if (const auto* news = std::get_if<PathNews>(&*event)) {
      simulation_.note_news(options_.end, worker, *news);
    }
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

std::uint64_t BondSide::drops(DropReason reason) const {
  std::uint64_t total = 0;
  for (const auto& plane : planes_) total += plane->snapshot().drops.value(reason);
  return total;
}

std::uint64_t BondSide::handed_over() const {
  std::uint64_t total = 0;
  for (const auto& plane : planes_) total += plane->snapshot().handed_over;
  return total;
}

std::vector<BondStatus> BondSide::status() const {
  std::vector<BondStatus> all;
  for (const auto& plane : planes_) {
    for (PeerSnapshot& peer : plane->snapshot().peers) {
      if (peer.bond) all.push_back(std::move(*peer.bond));
    }
  }
  return all;
}

}  // namespace hawser
