// SPDX-License-Identifier: Apache-2.0
#include "tunnel/outbound_pipeline.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "tunnel/floor_notice.h"
#include "tunnel/mss_clamp.h"
#include "tunnel/udp_encapsulation.h"

namespace hawser {
namespace {

// Headers are repeated and ESP is added: three times the batch is enough for segments down to
// about 80 octets of payload; what does not fit is a counted drop.
constexpr std::size_t kArenaFactor = 3;
constexpr std::size_t kHandoverMax = 1024;

std::uint8_t next_header_of(const IpHeader& header) {
  return header.is_v4() ? kNextHeaderIpv4 : kNextHeaderIpv6;
}

}  // namespace

OutboundPipeline::OutboundPipeline(const Options& options, PeerTable& peers, DropCounters& drops,
                                   std::deque<DataPlaneEvent>& events)
    : options_(options),
      peers_(peers),
      drops_(drops),
      events_(events),
      classifier_({.rules = {}, .bucket_mask = (1u << Bond::kBucketBits) - 1}),
      arena_(options.max_batch_bytes * kArenaFactor) {}

void OutboundPipeline::begin() {
  used_ = 0;
  jobs_.clear();
  runs_.clear();
  next_run_ = 0;
}

void OutboundPipeline::handle(std::span<InnerPacket> batch, TimePoint now) {
  if (batch.size() > options_.max_batch_packets) {
    drops_.add(DropReason::kOutboundFull, batch.size() - options_.max_batch_packets);
    batch = batch.first(options_.max_batch_packets);
  }
  for (InnerPacket& packet : batch) handle_one(packet, HandOver::kAllowed, now);
}

void OutboundPipeline::handle_handed_over(InnerPacket packet, TimePoint now) {
  handle_one(packet, HandOver::kForbidden, now);
}

void OutboundPipeline::handle_one(InnerPacket& packet, HandOver hand, TimePoint now) {
  const auto header = IpHeader::parse(packet.bytes);
  if (!header) return drops_.add(DropReason::kMalformedOutbound);
  WorkerPeer* peer = peers_.find_by_inner(header->destination);
  if (peer == nullptr) {
    return drops_.add(has_restricted_scope(header->destination) ? DropReason::kOutboundScope
                                                                : DropReason::kNoPeer);
  }
  if (!peer->path) return drop_without_sa(DropReason::kNoEndpoint, *peer, now);
  const std::uint32_t hash = flow_hash(packet.bytes, *header);
  OutboundSa* sa = peer->sa_for_flow(hash);
  if (sa == nullptr) {
    const WorkerIndex owner = peer->settings.fallback_owner;
    if (owner == options_.worker || hand == HandOver::kForbidden) {
      return drop_without_sa(DropReason::kNoOutboundSa, *peer, now);
    }
    return hand_over(packet, owner);
  }
  if (!sa->allows(header->source, header->destination)) {
    return drops_.add(DropReason::kOutboundSelector);
  }
  packet.bytes = packet.bytes.first(header->total_size);
  if (!fit(packet, *header, peer->inner_limit(now), now)) return;
  if (sa->has_shim()) return handle_bonded(packet, *header, *peer, hash, now);
  send_plain(packet, *header, {*peer->path, 0, sa, peer->mtu.value(now)}, *peer, now);
}

void OutboundPipeline::send_plain(InnerPacket& packet, const IpHeader& header, const Way& way,
                                  WorkerPeer& peer, TimePoint now) {
  const bool sent = packet.gso.kind == GsoKind::kNone
                        ? emit(packet, header, way, peer.clamp_mtu(), now)
                        : emit_segments(packet, header, way, now);
  if (sent) peer.last_sent = now;
  report(*way.sa, now);
}

void OutboundPipeline::drop_without_sa(DropReason reason, WorkerPeer& peer, TimePoint now) {
  drops_.add(reason);
  if (peer.is_due(peer.told_missing, now)) events_.push_back(SaMissing{peer.settings.peer});
}

void OutboundPipeline::report(OutboundSa& sa, TimePoint now) {
  if (const auto mark = sa.poll_reserve_request(now)) {
    events_.push_back(ReserveWanted{sa.peer(), sa.spi(), SaDirection::kOutbound, *mark});
  }
  if (const auto stage = sa.poll_lifetime(now)) {
    events_.push_back(LifetimeReached{sa.peer(), sa.spi(), SaDirection::kOutbound, *stage});
  }
}

void OutboundPipeline::hand_over(const InnerPacket& packet, WorkerIndex target) {
  if (handovers_.size() == kHandoverMax) return drops_.add(DropReason::kHandoverFull);
  ++handed_over_;
  handovers_.push_back({.target = target,
                        .kind = Handover::Inner{packet.gso},
                        .bytes = {packet.bytes.begin(), packet.bytes.end()}});
}

bool OutboundPipeline::emit(InnerPacket& packet, const IpHeader& header, const Way& way,
                            std::uint16_t mtu, TimePoint now) {
  if (packet.gso.needs_checksum && !complete_checksum(packet.bytes, packet.gso)) {
    drops_.add(DropReason::kMalformedOutbound);
    return false;
  }
  clamp_mss(packet.bytes, header, mtu);
  std::uint8_t* at = place(way, esp_sealed_size(packet.bytes.size()));
  if (at == nullptr) return false;
  std::memcpy(at + kEspHeadroom, packet.bytes.data(), packet.bytes.size());
  return prepare(*way.sa, at, packet.bytes.size(), next_header_of(header), now);
}

bool OutboundPipeline::emit_segments(const InnerPacket& packet, const IpHeader& header,
                                     const Way& way, TimePoint now) {
  const auto segmenter = InnerSegmenter::make(packet, header);
  if (!segmenter) {
    drops_.add(segmenter.error());
    return false;
  }
  for (std::size_t i = 0; i < segmenter->count(); ++i) {
    const std::size_t size = segmenter->size_of(i);
    std::uint8_t* at = place(way, esp_sealed_size(size));
    if (at == nullptr) return i > 0;
    segmenter->write(i, at + kEspHeadroom);
    if (!prepare(*way.sa, at, size, next_header_of(header), now)) return i > 0;
  }
  return true;
}

std::uint8_t* OutboundPipeline::place(const Way& way, std::size_t sealed_size) {
  if (sealed_size > Transmit::kMaxBytes || arena_.size() - used_ < sealed_size) {
    drops_.add(DropReason::kOutboundFull);
    return nullptr;
  }
  const bool may_fragment =
      sealed_size > esp_sealed_max(way.mtu, way.addresses.remote.address.is_v4());
  Run* run = runs_.empty() ? nullptr : &runs_.back();
  const bool fits = run != nullptr && run->open && run->sa == way.sa &&
                    run->addresses == way.addresses && run->may_fragment == may_fragment &&
                    sealed_size <= run->segment_size &&
                    run->bytes + sealed_size <= Transmit::kMaxBytes &&
                    run->bytes < run->segment_size * Transmit::kMaxSegments;
  if (!fits) {
    seal_run();
    runs_.push_back({.addresses = way.addresses,
                     .link = way.link,
                     .sa = way.sa,
                     .offset = used_,
                     .segment_size = sealed_size,
                     .first_job = jobs_.size(),
                     .may_fragment = may_fragment});
    run = &runs_.back();
  }
  std::uint8_t* at = arena_.data() + used_;
  used_ += sealed_size;
  run->bytes += sealed_size;
  // Only the last packet of a send may be shorter.
  if (sealed_size < run->segment_size) run->open = false;
  return at;
}

bool OutboundPipeline::prepare(OutboundSa& sa, std::uint8_t* at, std::size_t inner_size,
                               std::uint8_t next_header, TimePoint now) {
  const auto prepared = sa.prepare(at, inner_size, next_header, jobs_.emplace_back(), now);
  if (prepared) return true;
  jobs_.pop_back();
  // Take back the room: what was placed is the end of the last run.
  Run& run = runs_.back();
  const std::size_t sealed_size = esp_sealed_size(inner_size);
  run.bytes -= sealed_size;
  used_ -= sealed_size;
  if (run.bytes == 0) runs_.pop_back();
  drops_.add(prepared.error());
  if (prepared.error() == DropReason::kSequenceExhausted && sa.report_exhausted()) {
    events_.push_back(SequenceExhausted{sa.peer(), sa.spi()});
  }
  return false;
}

// Seals as soon as a run is complete, while it is still in the cache.
void OutboundPipeline::seal_run() {
  if (runs_.empty()) return;
  Run& run = runs_.back();
  if (run.sa == nullptr || run.first_job == jobs_.size()) return;
  run.sa->seal(std::span(jobs_).subspan(run.first_job));
  run.first_job = jobs_.size();
  run.open = false;
}

bool OutboundPipeline::send_floor_notice(OutboundSa& sa, const SendFloorNotice& command,
                                         TimePoint now) {
  std::uint8_t* at = place({command.path, 0, &sa}, esp_sealed_size(FloorNotice::kSize));
  if (at == nullptr) return false;
  FloorNotice{command.spi, command.floor}.serialize(at + kEspHeadroom);
  const bool sent = prepare(sa, at, FloorNotice::kSize, kNextHeaderDummy, now);
  report(sa, now);
  return sent;
}

void OutboundPipeline::send_keepalives(TimePoint now) {
  seal_run();
  peers_.for_each_due_keepalive(now, [&](WorkerPeer& peer) {
    peer.last_sent = now;
    if (used_ == arena_.size()) return;
    arena_[used_] = kKeepaliveOctet;
    runs_.push_back({.addresses = *peer.path, .offset = used_, .bytes = 1, .segment_size = 1});
    ++used_;
  });
}

std::optional<Transmit> OutboundPipeline::poll_transmit() {
  if (next_run_ == runs_.size()) return std::nullopt;
  const Run& run = runs_[next_run_++];
  ++transmits_;
  return Transmit{.addresses = run.addresses,
                  .bytes = ByteSpan(arena_).subspan(run.offset, run.bytes),
                  .segment_size = static_cast<std::uint16_t>(run.segment_size),
                  .link = run.link,
                  .may_fragment = run.may_fragment};
}

std::optional<Handover> OutboundPipeline::poll_handover() {
  if (handovers_.empty()) return std::nullopt;
  Handover handover = std::move(handovers_.front());
  handovers_.pop_front();
  return handover;
}

}  // namespace hawser
