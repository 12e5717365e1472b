// SPDX-License-Identifier: Apache-2.0
#include "tunnel/data_plane.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/deadline.h"

namespace hawser {
namespace {

void add_windows(DataPlaneSnapshot& snapshot) {
  std::map<PeerId, BondStatus*> bonds;
  for (PeerSnapshot& peer : snapshot.peers) {
    if (peer.bond) bonds[peer.peer] = &*peer.bond;
  }
  for (const InboundSaSnapshot& sa : snapshot.inbound) {
    const auto found = bonds.find(sa.peer);
    if (found == bonds.end()) continue;
    auto& paths = found->second->paths;
    const auto path = std::ranges::find(paths, sa.path, &PathStatus::id);
    if (path == paths.end()) continue;
    path->windows.push_back({.spi = sa.spi,
                             .packets = sa.replay_window,
                             .reorder_extent = sa.reorder_extent,
                             .too_old = sa.too_old});
  }
}

}  // namespace

DataPlane::DataPlane(const Options& options)
    : options_(options),
      inbound_({.worker = options.worker, .workers = options.workers, .coalesce = options.coalesce},
               peers_, drops_, events_),
      outbound_({.worker = options.worker,
                 .max_batch_packets = kMaxInnerBatchPackets,
                 .max_batch_bytes = kMaxInnerBatchBytes},
                peers_, drops_, events_) {}

void DataPlane::begin() {
  inbound_.begin();
  outbound_.begin();
}

void DataPlane::finish(TimePoint now) {
  now_ = now;
  while (WorkerPeer* peer = peers_.pop_touched()) {
    for (PeerBond& one : peer->bonds.all()) {
      outbound_.send_queue(one, peer->clamp_mtu(), now);
      while (const auto again = one.bond.recovery.poll_retransmission(now)) {
        outbound_.send_again(one, *again, now);
      }
      while (const auto frame = one.bond.poll_frame(now)) {
        outbound_.send_frame(one, *frame, now);
      }
      while (auto news = one.bond.poll_news()) {
        events_.push_back(PathNews{peer->settings.peer, one.pair, std::move(*news)});
      }
    }
    peer->inner_limit(now);
    peers_.reschedule(*peer);
  }
  inbound_.finish();
  outbound_.finish();
}

void DataPlane::handle_outer_packets(std::span<OuterPacket> batch, TimePoint now) {
  begin();
  inbound_.handle(batch, now);
  finish(now);
}

void DataPlane::handle_control_packets(std::span<OuterPacket> batch) {
  for (const OuterPacket& packet : batch) inbound_.handle_control(packet.addresses, packet.bytes);
}

void DataPlane::handle_inner_packets(std::span<InnerPacket> batch, TimePoint now) {
  begin();
  outbound_.handle(batch, now);
  finish(now);
}

void DataPlane::handle_handover(Handover handover, TimePoint now) {
  begin();
  if (const auto* outer = std::get_if<Handover::Outer>(&handover.kind)) {
    inbound_.handle_handed_over(*outer, std::move(handover.bytes), now);
  } else {
    outbound_.handle_handed_over({handover.bytes, std::get<Handover::Inner>(handover.kind).gso},
                                 now);
  }
  finish(now);
}

void DataPlane::handle_too_big(const TooBig& news, TimePoint now) {
  if (news.from_network && !hints_.take(now)) return;
  for (const auto& [id, peer] : peers_.peers()) {
    const OutboundSa* sa = find_too_big(news, *peer);
    if (sa == nullptr) continue;
    for (PeerBond& one : peer->bonds.all()) one.bond.handle_too_big(sa->path(), news.mtu, now);
    if (!sa->has_shim()) peer->mtu.handle_told(news.mtu, news.remote.address.is_v4(), now);
    peer->inner_limit(now);
    return peers_.touch(*peer);
  }
  if (news.from_network) drops_.add(DropReason::kIcmpRefused);
}

// RFC 8201 section 4 asks for a check that the quoted packet was ours. Who did not see it would
// have to guess its SPI and, nearly, its number.
const OutboundSa* DataPlane::find_too_big(const TooBig& news, const WorkerPeer& peer) const {
  for (const auto& sa : peer.outbound) {
    if (sa->spi() != news.spi) continue;
    const std::optional<AddressPair> way = outbound_.addresses_of(peer, *sa);
    if (!way || way->remote != news.remote) return nullptr;
    const std::uint64_t sent = sa->sent().value();
    const std::uint32_t age = static_cast<std::uint32_t>(sent) - news.sequence_low;
    const bool is_recent = age < kQuoteAgeMax && age < sent;
    return is_recent || !news.from_network ? sa.get() : nullptr;
  }
  return nullptr;
}

void DataPlane::handle_command(DataPlaneCommand command, TimePoint now) {
  begin();
  std::visit([&](auto& one) { apply(std::move(one), now); }, command);
  finish(now);
}

void DataPlane::apply(InstallPeer command, TimePoint now) {
  peers_.install(std::move(command), now);
}

void DataPlane::apply(MovePeer command, TimePoint) {
  if (WorkerPeer* peer = peers_.find(command.peer)) peer->move(command.path);
}

void DataPlane::apply(RemovePeer command, TimePoint) {
  inbound_.remove_peer(command.peer);
  peers_.remove(command.peer);
}

void DataPlane::apply(InstallInboundSa command, TimePoint now) {
  auto sa = InboundSa::make({.peer = command.peer,
                             .spi = command.spi,
                             .esn = command.esn,
                             .replay_window = command.replay_window,
                             .floor = command.floor,
                             .reserved = command.reserved,
                             .lifetime = command.lifetime,
                             .born = now,
                             .path = command.path,
                             .pair = command.pair,
                             .shim = command.shim},
                            std::move(command.key), command.selectors);
  if (!sa) return events_.push_back(SaRefused{command.peer, command.spi});
  inbound_.install(std::move(*sa));
}

void DataPlane::apply(InstallOutboundSa command, TimePoint now) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  if (auto sa = make_outbound(std::move(command), now)) peer->outbound.push_back(std::move(sa));
}

void DataPlane::apply(BeginBond command, TimePoint now) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr || options_.random == nullptr) return;
  peer->bonds.begin({.random = options_.random,
                     .full_frame = command.full_frame,
                     .policies = traffic_.policies,
                     .schedule = traffic_.schedule});
  begin_sas(*peer, now);
}

void DataPlane::apply(EndBond command, TimePoint) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  peer->bonds.end();
  peers_.touch(*peer);
}

void DataPlane::apply(SetPath command, TimePoint now) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  peer->bonds.set_path(command.path, now);
  begin_sas(*peer, now);
}

void DataPlane::apply(MovePath command, TimePoint now) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  peer->bonds.move_path(command.path, command.addresses, now);
  peers_.touch(*peer);
}

void DataPlane::apply(RemovePath command, TimePoint) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  peer->bonds.remove_path(command.path);
  peers_.touch(*peer);
}

void DataPlane::apply(SetTraffic command, TimePoint) {
  outbound_.set_rules(command.rules);
  for (const auto& [id, peer] : peers_.peers()) {
    peer->bonds.set_policies(command.policies);
    peers_.touch(*peer);
  }
  traffic_ = std::move(command);
}

void DataPlane::begin_sas(WorkerPeer& peer, TimePoint now) {
  peer.bonds.set_sas(peer.outbound, now);
  peers_.touch(peer);
}

void DataPlane::apply(ReplaceOutboundSas command, TimePoint now) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  for (const auto& sa : peer->outbound) peer->retired_out.add(sa->traffic());
  peer->outbound.clear();
  for (InstallOutboundSa& install : command.sas) {
    if (auto sa = make_outbound(std::move(install), now)) peer->outbound.push_back(std::move(sa));
  }
  begin_sas(*peer, now);
}

void DataPlane::apply(AcceptControl command, TimePoint) { inbound_.accept_control(command.accept); }

std::unique_ptr<OutboundSa> DataPlane::make_outbound(InstallOutboundSa command, TimePoint now) {
  auto sa = OutboundSa::make({.peer = command.peer,
                              .spi = command.spi,
                              .esn = command.esn,
                              .first = command.first,
                              .reserved = command.reserved,
                              .lifetime = command.lifetime,
                              .born = now,
                              .path = command.path,
                              .pair = command.pair,
                              .shim = command.shim},
                             std::move(command.key), command.selectors);
  if (sa) return std::move(*sa);
  events_.push_back(SaRefused{command.peer, command.spi});
  return nullptr;
}

void DataPlane::apply(ExtendReserve command, TimePoint now) {
  if (command.direction == SaDirection::kInbound) {
    return inbound_.extend_reserve(command.spi, command.mark, now);
  }
  if (OutboundSa* sa = find_outbound(command.peer, command.spi)) sa->extend_reserve(command.mark);
}

void DataPlane::apply(SendFloorNotice command, TimePoint now) {
  const WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr || peer->outbound.empty()) return;
  outbound_.send_floor_notice(*peer->outbound.front(), command, now);
}

void DataPlane::apply(SkipSequence command, TimePoint now) {
  OutboundSa* sa = find_outbound(command.peer, command.spi);
  if (sa == nullptr) return;
  sa->skip_past(command.floor);
  outbound_.report(*sa, now);
}

OutboundSa* DataPlane::find_outbound(PeerId id, Spi spi) {
  const WorkerPeer* peer = peers_.find(id);
  if (peer == nullptr) return nullptr;
  for (const auto& sa : peer->outbound) {
    if (sa->spi() == spi) return sa.get();
  }
  return nullptr;
}

void DataPlane::apply(RemoveInboundSa command, TimePoint) { inbound_.remove(command.spi); }

void DataPlane::apply(RemoveOutboundSa command, TimePoint) {
  WorkerPeer* peer = peers_.find(command.peer);
  if (peer == nullptr) return;
  std::erase_if(peer->outbound, [&](const auto& sa) {
    if (sa->spi() != command.spi) return false;
    peer->retired_out.add(sa->traffic());
    return true;
  });
}

void DataPlane::handle_timeout(TimePoint now) {
  begin();
  outbound_.send_keepalives(now);
  while (WorkerPeer* peer = peers_.pop_due(now)) inbound_.handle_bond_timeout(*peer, now);
  finish(now);
}

std::optional<TimePoint> DataPlane::next_timeout() const {
  return earlier(peers_.next_keepalive(), peers_.next_bond_timeout());
}

std::optional<Transmit> DataPlane::poll_transmit() { return outbound_.poll_transmit(); }

std::optional<InnerBatch> DataPlane::poll_inner_packets() {
  if (auto batch = inbound_.poll_inner_packets()) return batch;
  return outbound_.poll_reply();
}

std::optional<Handover> DataPlane::poll_handover() {
  if (auto handover = outbound_.poll_handover()) return handover;
  return inbound_.poll_handover();
}

std::optional<DataPlaneEvent> DataPlane::poll_event() {
  if (events_.empty()) return std::nullopt;
  DataPlaneEvent event = events_.front();
  events_.pop_front();
  return event;
}

// One worker's pairs see the same paths: the first speaks for all.
std::optional<BondStatus> DataPlane::bond_of(WorkerPeer& peer) const {
  for (PeerBond& one : peer.bonds.all()) return one.bond.status(now_);
  return std::nullopt;
}

DataPlaneSnapshot DataPlane::snapshot() const {
  DataPlaneSnapshot snapshot;
  snapshot.drops = drops_;
  for (const auto& [id, peer] : peers_.peers()) {
    snapshot.peers.push_back({id, peer->path, peer->last_received, peer->retired_in,
                              peer->retired_out, bond_of(*peer), peer->effective_mtu.current()});
    for (const auto& sa : peer->outbound) snapshot.outbound.push_back(sa->snapshot());
  }
  snapshot.inbound = inbound_.snapshot();
  add_windows(snapshot);
  snapshot.transmits = outbound_.transmits();
  snapshot.inner_writes = inbound_.inner_writes();
  snapshot.handed_over = inbound_.handed_over() + outbound_.handed_over();
  return snapshot;
}

}  // namespace hawser
