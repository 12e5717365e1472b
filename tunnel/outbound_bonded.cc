// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "tunnel/mss_clamp.h"
#include "tunnel/outbound_pipeline.h"

namespace hawser {

// An inner packet, or a super-packet, on its way to the paths.
struct OutboundPipeline::Segments {
  const InnerPacket* packet = nullptr;
  std::optional<InnerSegmenter> segmenter;  // unset: it is one packet
  FlowClass flow;
  std::uint32_t flow_hash = 0;
  std::size_t mtu = 0;  // of inner packets
  std::size_t count = 1;
  std::size_t next = 0;

  std::size_t size_of(std::size_t index) const {
    return segmenter ? segmenter->size_of(index) : packet->bytes.size();
  }
  void write(std::size_t index, std::uint8_t* out) const {
    if (segmenter) return segmenter->write(index, out);
    std::memcpy(out, packet->bytes.data(), packet->bytes.size());
  }
};

void OutboundPipeline::handle_bonded(InnerPacket& packet, const IpHeader& header, WorkerPeer& peer,
                                     TimePoint now) {
  const std::uint32_t hash = flow_hash(packet.bytes, header);
  PeerBond* bond = peer.bonds.for_flow(hash);
  if (bond == nullptr) return drops_.add(DropReason::kNoPath);
  Segments segments{.packet = &packet, .flow_hash = hash, .mtu = peer.settings.effective_mtu};
  if (packet.gso.kind == GsoKind::kNone) {
    if (packet.gso.needs_checksum && !complete_checksum(packet.bytes, packet.gso)) {
      return drops_.add(DropReason::kMalformedOutbound);
    }
    if (peer.settings.effective_mtu != 0) {
      clamp_mss(packet.bytes, header, peer.settings.effective_mtu);
    }
  } else {
    auto segmenter = InnerSegmenter::make(packet, header);
    if (!segmenter) return drops_.add(segmenter.error());
    segments.count = segmenter->count();
    segments.segmenter = std::move(*segmenter);
  }
  classifier_.set_spread(bond->bond.spread());
  segments.flow = classifier_.classify(read_flow(packet.bytes, hash), now);
  if (!send_segments(*bond, segments, now)) {
    drops_.add(DropReason::kNoPath, segments.count - segments.next);
  }
  peer.last_sent = now;
  peers_.touch(peer);
}

bool OutboundPipeline::send_segments(PeerBond& bond, Segments& segments, TimePoint now) {
  while (segments.next < segments.count) {
    const std::size_t left = segments.count - segments.next;
    // All but the last are of one size.
    const Chunk chunk{.traffic_class = segments.flow.traffic_class,
                      .flow = segments.flow_hash,
                      .octets = static_cast<std::uint32_t>(
                          esp_sealed_size(kShimSize + segments.size_of(segments.next)) * left),
                      .packets = static_cast<std::uint32_t>(left),
                      .now = now};
    const Placement placement = bond.bond.place(chunk);
    if (placement.packets == 0) return false;
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(placement.packets, left));
    const std::uint32_t first = bond.bond.take_sequences(segments.flow.bucket, count);
    const bool copied = placement.copy.has_value();
    send_on_path(bond, segments, placement.path, count, first, copied, now);
    if (copied) send_on_path(bond, segments, *placement.copy, count, first, true, now);
    segments.next += count;
  }
  return true;
}

void OutboundPipeline::send_on_path(PeerBond& bond, const Segments& segments, PathId path,
                                    std::uint32_t count, std::uint32_t first_sequence, bool is_copy,
                                    TimePoint now) {
  const std::uint16_t bucket = bond.bucket_of(segments.flow.bucket);
  const auto way = way_of(bond, path);
  if (!way) return drops_.add(DropReason::kNoPath, is_copy ? 0 : count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t inner_size = segments.size_of(segments.next + i);
    ShimHeader shim{.type = ShimType::kData,
                    .traffic_class = segments.flow.traffic_class,
                    .duplicate = is_copy,
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
    segments.write(segments.next + i, at + kEspHeadroom + shim.size());
    if (!prepare(*way->sa, at, size, kNextHeaderShim, now)) return;
    bond.bond.note_sent(path,
                        {.sequence = way->sa->sent().value(),
                         .octets = static_cast<std::uint32_t>(esp_sealed_size(size)),
                         .elicits = true,
                         .stamped = shim.stamp.has_value()},
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

std::optional<OutboundPipeline::Way> OutboundPipeline::way_of(const PeerBond& bond,
                                                              PathId path) const {
  OutboundSa* sa = bond.sa_of(path);
  const BondPath* found = bond.bond.find(path);
  if (sa == nullptr || found == nullptr) return std::nullopt;
  return Way{found->life.addresses(), found->plan().link, sa};
}

void OutboundPipeline::send_frame(PeerBond& bond, const PathFrame& frame, TimePoint now) {
  auto way = way_of(bond, frame.path);
  if (!way) return;
  if (frame.to) way->addresses = *frame.to;
  const std::size_t sealed_size = esp_sealed_size(frame.bytes.size());
  std::uint8_t* at = place(*way, sealed_size);
  if (at == nullptr) return;
  std::memcpy(at + kEspHeadroom, frame.bytes.data(), frame.bytes.size());
  if (!prepare(*way->sa, at, frame.bytes.size(), kNextHeaderShim, now)) return;
  const auto header = ShimHeader::parse(frame.bytes);
  bond.bond.note_sent(frame.path,
                      {.sequence = way->sa->sent().value(),
                       .octets = static_cast<std::uint32_t>(sealed_size),
                       .elicits = false,
                       .stamped = header && header->stamp},
                      false, now);
  report(*way->sa, now);
}

}  // namespace hawser
