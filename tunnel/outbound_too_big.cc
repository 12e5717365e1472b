// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "tunnel/outbound_pipeline.h"
#include "tunnel/too_big.h"

namespace hawser {
namespace {

constexpr std::size_t kRepliesMax = 64;

static_assert(room_in_outer(1500, true) == esp_inner_mtu(1500, true));
static_assert(room_in_outer(1400, false) == esp_inner_mtu(1400, false));

}  // namespace

bool OutboundPipeline::fit(InnerPacket& packet, const IpHeader& header, std::size_t limit,
                           TimePoint now) {
  std::size_t size = packet.bytes.size();
  if (size <= limit) return true;
  if (packet.gso.kind != GsoKind::kNone) {
    const auto segmenter = InnerSegmenter::make(packet, header);
    if (!segmenter) {
      drops_.add(segmenter.error());
      return false;
    }
    size = segmenter->size_of(0);
    if (size <= limit) return true;
    // TCP is a stream, which we cut for the kernel anyway. A datagram is what it is.
    if (packet.gso.kind == GsoKind::kTcp && segmenter->header_size() < limit) {
      packet.gso.segment_size = static_cast<std::uint16_t>(limit - segmenter->header_size());
      return true;
    }
  }
  if (may_be_fragmented(packet.bytes, header, size)) return true;
  drop_too_big(packet, header, limit, now);
  return false;
}

// RFC 4301 section 8.2.1: whoever sends more than the tunnel takes is told.
void OutboundPipeline::drop_too_big(const InnerPacket& packet, const IpHeader& header,
                                    std::size_t limit, TimePoint now) {
  drops_.add(DropReason::kTooBig);
  if (replies_.size() == kRepliesMax || !answers_.take(now)) return;
  auto reply = make_too_big(packet.bytes, header, limit);
  if (!reply.empty()) replies_.push_back(std::move(reply));
}

std::optional<InnerBatch> OutboundPipeline::poll_reply() {
  if (replies_.empty()) return std::nullopt;
  reply_ = std::move(replies_.front());
  replies_.pop_front();
  reply_part_ = reply_;
  return InnerBatch{.parts = {&reply_part_, 1}, .gso = {}};
}

std::optional<AddressPair> OutboundPipeline::addresses_of(const WorkerPeer& peer,
                                                          const OutboundSa& sa) {
  if (!sa.has_shim()) return peer.path;
  const PeerBond* bond = peer.bonds.find(sa.pair());
  const BondPath* path = bond == nullptr ? nullptr : bond->bond.find(sa.path());
  if (path == nullptr) return std::nullopt;
  return path->life.addresses();
}

}  // namespace hawser
