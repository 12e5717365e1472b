// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "multipath/ecn_mark.h"
#include "multipath/scheduler.h"
#include "tunnel/mss_clamp.h"
#include "tunnel/outbound_pipeline.h"

namespace hawser {
namespace {

// What a chunk may need of the arena.
constexpr std::size_t kQueueReserve = std::size_t{70} * 1024;
// Of a path alone that carries data.
constexpr Duration kProbeInterval = Seconds(1);

}  // namespace

// An inner packet, or a super-packet, on its way to the paths.
struct OutboundPipeline::Segments {
  const InnerPacket* packet = nullptr;
  std::optional<InnerSegmenter> segmenter;  // unset: it is one packet
  FlowClass flow;
  std::uint32_t flow_hash = 0;
  std::uint16_t mtu = 0;  // of inner packets
  std::size_t count = 1;
  std::size_t next = 0;
  bool marked = false;  // the next one: congestion was experienced

  std::size_t size_of(std::size_t index) const {
    return segmenter ? segmenter->size_of(index) : packet->bytes.size();
  }
  void write(std::size_t index, std::uint8_t* out) const {
    if (segmenter) return segmenter->write(index, out);
    std::memcpy(out, packet->bytes.data(), packet->bytes.size());
  }
};

void OutboundPipeline::handle_bonded(InnerPacket& packet, const IpHeader& header, WorkerPeer& peer,
                                     std::uint32_t hash, TimePoint now) {
  PeerBond* bond = peer.bonds.for_flow(hash);
  if (bond == nullptr) return drops_.add(DropReason::kNoPath);
  if (BondPath* path = bond->bond.plain_path(now)) {
    return send_alone(packet, header, *bond, *path, peer, now);
  }
  Segments segments{.packet = &packet, .flow_hash = hash, .mtu = peer.clamp_mtu()};
  if (packet.gso.kind == GsoKind::kNone) {
    if (packet.gso.needs_checksum && !complete_checksum(packet.bytes, packet.gso)) {
      return drops_.add(DropReason::kMalformedOutbound);
    }
    clamp_mss(packet.bytes, header, segments.mtu);
  } else {
    auto segmenter = InnerSegmenter::make(packet, header);
    if (!segmenter) return drops_.add(segmenter.error());
    segments.count = segmenter->count();
    segments.segmenter = std::move(*segmenter);
  }
  classifier_.set_spread(bond->bond.spread());
  FlowInfo info = read_flow(packet.bytes, hash);
  info.last_size = static_cast<std::uint32_t>(segments.size_of(segments.count - 1));
  segments.flow = classifier_.classify(info, now);
  peer.last_sent = now;
  peers_.touch(peer);
  if (bond->bond.must_queue(segments.flow.traffic_class)) return enqueue(*bond, segments, now);
  const Placement last = send_segments(*bond, segments, segments.count, now);
  if (last.packets != 0) return;
  // A path that joins takes no more for the moment.
  const bool may_wait = segments.flow.traffic_class == TrafficClass::kBulk;
  if (may_wait && last.retry_at) return enqueue(*bond, segments, now);
  drops_.add(DropReason::kNoPath, segments.count - segments.next);
}

void OutboundPipeline::send_alone(InnerPacket& packet, const IpHeader& header, const PeerBond& bond,
                                  BondPath& path, WorkerPeer& peer, TimePoint now) {
  const auto way = way_of(bond, path.plan().path, now);
  if (!way) return drops_.add(DropReason::kNoPath);
  if (now >= peer.next_probe) {
    peer.next_probe = now + kProbeInterval;
    peers_.touch(peer);
  }
  const std::size_t packets = jobs_.size();
  const std::size_t octets = used_;
  send_plain(packet, header, *way, peer, now);
  path.count_sent(jobs_.size() - packets, used_ - octets, true);
}

void OutboundPipeline::enqueue(PeerBond& bond, const Segments& segments, TimePoint now) {
  FlowQueue& queue = bond.bond.queue();
  QueuedPacket queued{.bytes = queue.take_buffer(),
                      .gso = segments.packet->gso,
                      .traffic_class = segments.flow.traffic_class,
                      .bucket = segments.flow.bucket,
                      .flow_hash = segments.flow_hash,
                      .next_segment = static_cast<std::uint32_t>(segments.next)};
  queued.bytes.assign(segments.packet->bytes.begin(), segments.packet->bytes.end());
  queue.push(std::move(queued), now);
}

void OutboundPipeline::send_queue(PeerBond& bond, std::uint16_t mtu, TimePoint now) {
  if (!bond.bond.has_queue()) return bond.bond.end_queue(std::nullopt);
  FlowQueue& queue = bond.bond.queue();
  Placement last;
  while (const auto front = queue.front(TrafficClass::kBulk, now)) {
    if (arena_.size() - used_ < kQueueReserve) {
      // The rest has to wait until this was polled.
      last.retry_at = now;
      break;
    }
    InnerPacket packet{
        {const_cast<std::uint8_t*>(front->packet->bytes.data()), front->packet->bytes.size()},
        front->packet->gso};
    Segments segments{.packet = &packet,
                      .flow = {front->packet->traffic_class, front->packet->bucket},
                      .flow_hash = front->packet->flow_hash,
                      .mtu = mtu,
                      .next = front->first,
                      .marked = front->mark_first};
    if (packet.gso.kind != GsoKind::kNone) {
      const auto header = IpHeader::parse(packet.bytes);
      auto segmenter = InnerSegmenter::make(packet, *header);
      segments.count = segmenter->count();
      segments.segmenter = std::move(*segmenter);
    }
    last = send_segments(bond, segments, front->first + front->count, now);
    if (segments.next != front->first) {
      queue.pop(TrafficClass::kBulk, segments.next - front->first);
    }
    if (last.packets == 0) break;
  }
  // Without any path that works it is looked at again when one does.
  bond.bond.end_queue(last.retry_at);
}

void OutboundPipeline::send_again(PeerBond& bond, const Retransmission& again, TimePoint now) {
  const Chunk chunk{
      .traffic_class = TrafficClass::kInteractive,
      .flow = again.bucket,
      .octets = static_cast<std::uint32_t>(esp_sealed_size(kShimSize + again.payload.size())),
      .packets = 1,
      .is_precious = again.may_go_twice,
      .now = now};
  const Placement placement = bond.bond.place(chunk);
  if (placement.packets == 0) return;
  const ShimHeader shim{.type = ShimType::kData,
                        .traffic_class = again.traffic_class,
                        .recovered = true,
                        .bucket = again.bucket,
                        .sequence = again.sequence};
  PathFrame frame{.path = placement.path, .to = std::nullopt, .bytes = {}};
  frame.bytes.resize(shim.size() + again.payload.size());
  shim.serialize(frame.bytes.data());
  std::ranges::copy(again.payload, frame.bytes.begin() + static_cast<std::ptrdiff_t>(shim.size()));
  send_frame(bond, frame, now);
  if (!placement.copy) return;
  bond.bond.recovery.note_copy(again.payload.size());
  frame.path = *placement.copy;
  send_frame(bond, frame, now);
}

// Up to `end`. The last placement: with 0 packets if no path took more.
Placement OutboundPipeline::send_segments(PeerBond& bond, Segments& segments, std::size_t end,
                                          TimePoint now) {
  Placement placement;
  while (segments.next < end) {
    const std::size_t left = end - segments.next;
    // All but the last are of one size.
    const Chunk chunk{.traffic_class = segments.flow.traffic_class,
                      .flow = segments.flow_hash,
                      .octets = static_cast<std::uint32_t>(
                          esp_sealed_size(kShimSize + segments.size_of(segments.next)) * left),
                      .packets = static_cast<std::uint32_t>(left),
                      .is_beginning = segments.flow.is_beginning,
                      .now = now};
    placement = bond.bond.place(chunk);
    if (placement.packets == 0) return placement;
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(placement.packets, left));
    const std::uint32_t first = bond.bond.take_sequences(segments.flow.bucket, count);
    const bool copied = placement.copy.has_value();
    send_on_path(bond, segments, placement.path, count, first, copied, now);
    if (copied) send_on_path(bond, segments, *placement.copy, count, first, true, now);
    segments.next += count;
  }
  return placement;
}

void OutboundPipeline::send_on_path(PeerBond& bond, const Segments& segments, PathId path,
                                    std::uint32_t count, std::uint32_t first_sequence, bool is_copy,
                                    TimePoint now) {
  const std::uint16_t bucket = bond.bucket_of(segments.flow.bucket);
  const auto way = way_of(bond, path, now);
  if (!way) return drops_.add(DropReason::kNoPath, is_copy ? 0 : count);
  const TrafficClass traffic_class = segments.flow.traffic_class;
  const bool keeps_frame =
      bond.bond.recovery.keeps(traffic_class) && (!is_copy || traffic_class == TrafficClass::kBulk);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t inner_size = segments.size_of(segments.next + i);
    ShimHeader shim{
        .type = ShimType::kData,
        .traffic_class = segments.flow.traffic_class,
        .duplicate = is_copy,
        .covered = !is_copy && bond.bond.parity.covers(segments.flow.traffic_class, inner_size),
        .bucket = bucket,
        .sequence = first_sequence + i};
    // A stamp must not make a packet the longest of its run, nor too long for the path.
    if (count == 1 && inner_size + kShimStampSize <= segments.mtu &&
        bond.bond.wants_stamp(path, now)) {
      shim.stamp = to_stamp(now);
    }
    const std::size_t size = shim.size() + inner_size;
    std::uint8_t* at = place(*way, esp_sealed_size(size));
    if (at == nullptr) return;
    shim.serialize(at + kEspHeadroom);
    std::uint8_t* inner = at + kEspHeadroom + shim.size();
    segments.write(segments.next + i, inner);
    if (i == 0 && segments.marked) mark_congestion({inner, inner_size});
    if (keeps_frame) {
      bond.bond.recovery.note_sent({.bucket = bucket,
                                    .sequence = shim.sequence,
                                    .traffic_class = shim.traffic_class,
                                    .path = path,
                                    .payload = {inner, inner_size}},
                                   now);
    }
    if (shim.covered) {
      bond.bond.parity.note_sent({.traffic_class = shim.traffic_class,
                                  .bucket = bucket,
                                  .sequence = shim.sequence,
                                  .path = path,
                                  .packet = {inner, inner_size}},
                                 now);
    }
    if (!prepare(*way->sa, at, size, kNextHeaderShim, now)) return;
    bond.bond.note_sent(path,
                        {.sequence = way->sa->sent().value(),
                         .octets = static_cast<std::uint32_t>(esp_sealed_size(size)),
                         .elicits = true,
                         .stamped = shim.stamp.has_value(),
                         .waited = !is_copy && waits_for_budget(traffic_class)},
                        true, now);
  }
  report(*way->sa, now);
  if (bond.bond.wants_stamp(path, now)) send_stamp(bond, path, now);
}

// Behind packets that have no room for one.
void OutboundPipeline::send_stamp(PeerBond& bond, PathId path, TimePoint now) {
  const ShimHeader shim{.type = ShimType::kCover, .stamp = to_stamp(now)};
  PathFrame frame{.path = path, .to = std::nullopt, .bytes = {}};
  frame.bytes.resize(shim.size());
  shim.serialize(frame.bytes.data());
  send_frame(bond, frame, now);
}

std::optional<OutboundPipeline::Way> OutboundPipeline::way_of(const PeerBond& bond, PathId path,
                                                              TimePoint now) const {
  OutboundSa* sa = bond.sa_of(path);
  const BondPath* found = bond.bond.find(path);
  if (sa == nullptr || found == nullptr) return std::nullopt;
  return Way{found->life.addresses(), found->plan().link, sa, found->mtu.value(now)};
}

void OutboundPipeline::send_frame(PeerBond& bond, const PathFrame& frame, TimePoint now) {
  auto way = way_of(bond, frame.path, now);
  if (!way) return;
  if (frame.to) way->addresses = *frame.to;
  const std::size_t sealed_size = esp_sealed_size(frame.bytes.size());
  std::uint8_t* at = place(*way, sealed_size);
  if (at == nullptr) return;
  std::memcpy(at + kEspHeadroom, frame.bytes.data(), frame.bytes.size());
  if (!prepare(*way->sa, at, frame.bytes.size(), kNextHeaderShim, now)) return;
  const auto header = ShimHeader::parse(frame.bytes);
  const bool is_data = header && header->type == ShimType::kData;
  bond.bond.note_sent(frame.path,
                      {.sequence = way->sa->sent().value(),
                       .octets = static_cast<std::uint32_t>(sealed_size),
                       .elicits = is_data,
                       .stamped = header && header->stamp},
                      is_data, now);
  report(*way->sa, now);
}

}  // namespace hawser
