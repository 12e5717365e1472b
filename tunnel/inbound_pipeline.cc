// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inbound_pipeline.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tunnel/floor_notice.h"
#include "tunnel/mss_clamp.h"
#include "tunnel/udp_encapsulation.h"

namespace hawser {
namespace {

// Packets opened at once: enough for the AEAD, few enough to stay in the cache.
constexpr std::size_t kOpenBatch = 64;
constexpr std::size_t kHandoverMax = 1024;
constexpr std::size_t kWaitingMax = 16384;
constexpr std::size_t kWaitingBytesMax = std::size_t{32} * 1024 * 1024;

bool is_ip(std::uint8_t next_header) {
  return next_header == kNextHeaderIpv4 || next_header == kNextHeaderIpv6;
}

// Behind the shim the packet itself says what it is.
std::uint8_t inner_next_header(ByteSpan inner) {
  if (inner.empty()) return 0;
  switch (inner[0] >> 4) {
    case 4:
      return kNextHeaderIpv4;
    case 6:
      return kNextHeaderIpv6;
  }
  return 0;
}

}  // namespace

InboundPipeline::InboundPipeline(const Options& options, PeerTable& peers, DropCounters& drops,
                                 std::deque<DataPlaneEvent>& events)
    : options_(options), peers_(peers), drops_(drops), events_(events) {
  coalescer_.set_options(options.coalesce);
  work_.reserve(kOpenBatch);
  jobs_.reserve(kOpenBatch);
}

void InboundPipeline::begin() {
  coalescer_.clear();
  delivered_.clear();
  for (const PeerId id : released_from_) {
    if (WorkerPeer* peer = peers_.find(id)) peer->bonds.recycle();
  }
  released_from_.clear();
}

void InboundPipeline::handle(std::span<OuterPacket> batch, TimePoint now) {
  open_batch(batch, now);
}

void InboundPipeline::open_batch(std::span<OuterPacket> batch, TimePoint now) {
  for (OuterPacket& packet : batch) handle_one(packet, now);
  flush(now);
}

void InboundPipeline::handle_handed_over(const Handover::Outer& outer,
                                         std::vector<std::uint8_t> bytes, TimePoint now) {
  handed_over_bytes_ = std::move(bytes);
  OuterPacket packet{outer.addresses, handed_over_bytes_, outer.ecn};
  open_batch({&packet, 1}, now);
}

void InboundPipeline::handle_one(OuterPacket& packet, TimePoint now) {
  switch (classify_udp_payload(packet.bytes)) {
    case UdpPayload::kKeepalive:
      // RFC 3948 section 2.3: ignored, and proves nothing.
      return drops_.add(DropReason::kKeepalive);
    case UdpPayload::kRunt:
      return drops_.add(DropReason::kRunt);
    case UdpPayload::kControl:
      return handle_control(packet.addresses, packet.bytes.subspan(kNonEspMarkerSize));
    case UdpPayload::kEsp:
      return handle_esp(packet, now);
  }
}

void InboundPipeline::handle_control(const AddressPair& addresses, ByteSpan message) {
  if (!accepts_control_) return drops_.add(DropReason::kControlPacket);
  if (!control_.push(addresses, message)) drops_.add(DropReason::kControlFull);
}

void InboundPipeline::handle_esp(OuterPacket& packet, TimePoint now) {
  const Spi spi(load_be32(packet.bytes.data()));
  if (!spi_is_ours(spi, options_.workers)) return drops_.add(DropReason::kUnknownSpi);
  const WorkerIndex owner(static_cast<std::uint8_t>(spi_owner_octet(spi) - 1));
  if (owner != options_.worker) return hand_over(packet, owner);
  InboundSa* sa = find(spi);
  if (sa == nullptr) return drops_.add(DropReason::kUnknownSpi);
  if (sa != current_ || jobs_.size() == kOpenBatch) flush(now);
  current_ = sa;
  const auto pending = sa->prepare(packet.bytes, jobs_.emplace_back(), now);
  if (!pending) {
    jobs_.pop_back();
    return drops_.add(pending.error());
  }
  work_.push_back({&packet, *pending});
}

void InboundPipeline::hand_over(const OuterPacket& packet, WorkerIndex target) {
  if (handovers_.size() == kHandoverMax) return drops_.add(DropReason::kHandoverFull);
  ++handed_over_;
  handovers_.push_back({.target = target,
                        .kind = Handover::Outer{packet.addresses, packet.ecn},
                        .bytes = {packet.bytes.begin(), packet.bytes.end()}});
}

void InboundPipeline::flush(TimePoint now) {
  if (!jobs_.empty()) {
    current_->open(jobs_);
    for (std::size_t i = 0; i < jobs_.size(); ++i) deliver(work_[i], jobs_[i], now);
    current_->end_batch(now);
    report(*current_, now);
  }
  work_.clear();
  jobs_.clear();
  current_ = nullptr;
}

void InboundPipeline::deliver(const Work& work, const AeadPacket& job, TimePoint now) {
  const auto opened = current_->finish(work.pending, job);
  if (current_->poll_floor_notice()) {
    events_.push_back(PeerBelowFloor{current_->peer(), current_->spi(), current_->floor(),
                                     work.outer->addresses});
  }
  if (!opened) {
    if (opened.error() == DropReason::kSequenceNotReserved && keep_waiting(work, job)) return;
    return drops_.add(opened.error());
  }
  WorkerPeer* peer = note_received(*work.outer, opened->is_newest, now);
  if (opened->next_header == kNextHeaderDummy) return handle_dummy(opened->payload);
  if (current_->has_shim()) return deliver_frame(peer, work, *opened, now);
  deliver_inner(*current_, opened->payload, opened->next_header);
}

void InboundPipeline::deliver_frame(WorkerPeer* peer, const Work& work,
                                    const InboundSa::Opened& opened, TimePoint now) {
  PeerBond* bond = peer == nullptr ? nullptr : peer->bonds.find(current_->pair());
  if (bond == nullptr) return drops_.add(DropReason::kMalformedFrame);
  const bool is_plain = is_ip(opened.next_header);
  if (!is_plain && opened.next_header != kNextHeaderShim) {
    return drops_.add(DropReason::kBadNextHeader);
  }
  const AddressPair& from = work.outer->addresses;
  const std::size_t octets = work.outer->bytes.size();
  if (is_plain && bond->bond.take_plain(current_->path(), from, octets, opened.is_newest, now)) {
    return deliver_inner(*current_, opened.payload, opened.next_header);
  }
  const PathArrival arrival{.path = current_->path(),
                            .spi = current_->spi(),
                            .sequence = work.pending.sequence.value(),
                            .addresses = from,
                            .octets = octets,
                            .is_newest = opened.is_newest,
                            .congested = work.outer->ecn == Ecn::kCe};
  peers_.touch(*peer);
  switch (is_plain ? bond->bond.handle_plain(arrival, now)
                   : bond->bond.handle_frame(opened.payload, arrival, now)) {
    case FrameOutcome::kDeliver: {
      const std::size_t shim = is_plain ? 0 : ShimHeader::size_of(opened.payload);
      const MutableByteSpan inner = opened.payload.subspan(shim);
      deliver_inner(*current_, inner, is_plain ? opened.next_header : inner_next_header(inner));
      break;
    }
    case FrameOutcome::kHeld:
    case FrameOutcome::kControl:
      break;
    case FrameOutcome::kDuplicate:
      drops_.add(DropReason::kDuplicateFrame);
      break;
    case FrameOutcome::kMalformed:
      drops_.add(DropReason::kMalformedFrame);
      break;
  }
  deliver_released(*bond, *peer);
}

// Packets whose turn came after they did; each is marked with the SPI that it came on.
void InboundPipeline::deliver_released(PeerBond& bond, const WorkerPeer& peer) {
  bool any = false;
  while (const auto released = bond.bond.poll_released()) {
    any = true;
    InboundSa* sa = find(Spi(released->mark));
    if (sa == nullptr || sa->peer() != peer.settings.peer) {
      drops_.add(DropReason::kUnknownSpi);
      continue;
    }
    deliver_inner(*sa, released->payload, inner_next_header(released->payload));
  }
  if (any) released_from_.push_back(peer.settings.peer);
}

void InboundPipeline::handle_bond_timeout(WorkerPeer& peer, TimePoint now) {
  for (PeerBond& bond : peer.bonds.all()) {
    bond.bond.handle_timeout(now);
    deliver_released(bond, peer);
  }
}

void InboundPipeline::report(InboundSa& sa, TimePoint now) {
  if (const auto mark = sa.poll_reserve_request(now)) {
    events_.push_back(ReserveWanted{sa.peer(), sa.spi(), SaDirection::kInbound, *mark});
  }
  if (const auto stage = sa.poll_lifetime(now)) {
    events_.push_back(LifetimeReached{sa.peer(), sa.spi(), SaDirection::kInbound, *stage});
  }
}

bool InboundPipeline::keep_waiting(const Work& work, const AeadPacket& job) {
  if (waiting_.size() == kWaitingMax || waiting_bytes_ + job.size > kWaitingBytesMax) return false;
  waiting_bytes_ += job.size;
  waiting_.push_back({.spi = current_->spi(),
                      .pending = work.pending,
                      .addresses = work.outer->addresses,
                      .ecn = work.outer->ecn,
                      .clear = {job.data, job.data + job.size}});
  return true;
}

void InboundPipeline::extend_reserve(Spi spi, SequenceNumber mark, TimePoint now) {
  InboundSa* sa = find(spi);
  if (sa == nullptr) return;
  sa->extend_reserve(mark);
  std::deque<Waiting> others;
  std::ranges::partition_copy(std::make_move_iterator(waiting_.begin()),
                              std::make_move_iterator(waiting_.end()),
                              std::back_inserter(delivered_), std::back_inserter(others),
                              [spi](const Waiting& waiting) { return waiting.spi == spi; });
  waiting_ = std::move(others);
  count_waiting_bytes();
  current_ = sa;
  for (Waiting& waiting : delivered_) deliver_waiting(waiting, now);
  current_ = nullptr;
  sa->end_batch(now);
  report(*sa, now);
}

void InboundPipeline::count_waiting_bytes() {
  waiting_bytes_ = 0;
  for (const Waiting& waiting : waiting_) waiting_bytes_ += waiting.clear.size();
}

void InboundPipeline::deliver_waiting(Waiting& waiting, TimePoint now) {
  OuterPacket outer{waiting.addresses, {}, waiting.ecn};
  AeadPacket job;
  job.data = waiting.clear.data();
  job.size = waiting.clear.size();
  job.authentic = true;  // it was opened when it came
  deliver({&outer, waiting.pending}, job, now);
}

// RFC 7296 section 2.23: only a fresh authentic packet may move a peer's address.
WorkerPeer* InboundPipeline::note_received(const OuterPacket& outer, bool is_newest,
                                           TimePoint now) {
  WorkerPeer* peer = peers_.find(current_->peer());
  if (peer == nullptr) return nullptr;
  peer->last_received = now;
  if (peer->is_due(peer->told_heard, now)) events_.push_back(PeerHeard{current_->peer(), now});
  // With a bond an address is challenged first.
  if (current_->has_shim()) return peer;
  if (!peer->settings.roaming || !is_newest || peer->path == outer.addresses) return peer;
  peer->move(outer.addresses);
  events_.push_back(PeerAddressLearned{current_->peer(), outer.addresses});
  return peer;
}

void InboundPipeline::deliver_inner(InboundSa& sa, MutableByteSpan payload,
                                    std::uint8_t next_header) {
  if (!is_ip(next_header)) return drops_.add(DropReason::kBadNextHeader);
  const auto header = IpHeader::parse(payload);
  const bool is_v4 = next_header == kNextHeaderIpv4;
  if (!header || header->is_v4() != is_v4) return drops_.add(DropReason::kMalformedInner);
  if (!scope_is_allowed(header->source) || !scope_is_allowed(header->destination)) {
    return drops_.add(DropReason::kInnerScope);
  }
  // RFC 4301 section 5.2: what an SA delivers must match its selectors.
  WorkerPeer* peer = peers_.find_by_inner(header->source);
  if (peer == nullptr || peer->settings.peer != sa.peer() ||
      !sa.allows(header->source, header->destination)) {
    return drops_.add(DropReason::kSelectorMismatch);
  }
  const MutableByteSpan inner = payload.first(header->total_size);  // TFC padding ends here
  clamp_mss(inner, *header, peer->clamp_mtu());
  sa.count_delivered(inner.size());
  coalescer_.add(inner, *header);
}

void InboundPipeline::handle_dummy(ByteSpan payload) {
  drops_.add(DropReason::kDummy);
  if (const auto notice = FloorNotice::parse(payload)) {
    events_.push_back(FloorNoticeReceived{current_->peer(), notice->spi, notice->floor});
  }
}

// Multicast and the like pass only where the allowed-ips name them.
bool InboundPipeline::scope_is_allowed(const IpAddress& address) {
  return !has_restricted_scope(address) || peers_.find_by_inner(address) != nullptr;
}

std::optional<InnerBatch> InboundPipeline::poll_inner_packets() {
  auto batch = coalescer_.poll();
  if (batch) ++inner_writes_;
  return batch;
}

std::optional<Handover> InboundPipeline::poll_handover() {
  if (handovers_.empty()) return std::nullopt;
  Handover handover = std::move(handovers_.front());
  handovers_.pop_front();
  return handover;
}

InboundSa* InboundPipeline::find(Spi spi) const {
  const std::size_t slot = spi_slot(spi);
  if (slot >= slots_.size() || !slots_[slot] || slots_[slot]->spi() != spi) return nullptr;
  return slots_[slot].get();
}

void InboundPipeline::install(std::unique_ptr<InboundSa> sa) {
  const std::size_t slot = spi_slot(sa->spi());
  if (slot >= slots_.size()) slots_.resize(slot + 1);
  slots_[slot] = std::move(sa);
}

void InboundPipeline::remove(Spi spi) {
  if (const InboundSa* sa = find(spi)) {
    if (WorkerPeer* peer = peers_.find(sa->peer())) peer->retired_in.add(sa->traffic());
    slots_[spi_slot(spi)].reset();
  }
  std::erase_if(waiting_, [spi](const Waiting& waiting) { return waiting.spi == spi; });
  count_waiting_bytes();
}

void InboundPipeline::remove_peer(PeerId peer) {
  for (auto& sa : slots_) {
    if (sa && sa->peer() == peer) remove(sa->spi());
  }
}

std::vector<InboundSaSnapshot> InboundPipeline::snapshot() const {
  std::vector<InboundSaSnapshot> snapshots;
  for (const auto& sa : slots_) {
    if (sa) snapshots.push_back(sa->snapshot());
  }
  return snapshots;
}

}  // namespace hawser
