// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_queue.h"

#include <algorithm>
#include <utility>

#include "multipath/ecn_mark.h"

namespace hawser {

std::size_t QueuedPacket::segment_octets(std::size_t index) const {
  if (segment_count <= 1) return bytes.size();
  const std::size_t payload = bytes.size() - gso.header_size;
  return gso.header_size +
         std::min<std::size_t>(gso.segment_size, payload - index * gso.segment_size);
}

std::size_t QueuedPacket::octets_left() const {
  if (segment_count <= 1) return bytes.size();
  const std::size_t headers = std::size_t{segment_count - next_segment} * gso.header_size;
  const std::size_t payload = bytes.size() - gso.header_size;
  return headers + payload - std::size_t{next_segment} * gso.segment_size;
}

template <typename T>
void FlowQueue::append(List& list, std::uint32_t element, std::vector<T>& elements) {
  elements[element].next = kNone;
  if (list.head == kNone) {
    list.head = element;
  } else {
    elements[list.tail].next = element;
  }
  list.tail = element;
}

template <typename T>
std::uint32_t FlowQueue::remove_head(List& list, std::vector<T>& elements) {
  const std::uint32_t head = list.head;
  list.head = elements[head].next;
  if (list.head == kNone) list.tail = kNone;
  return head;
}

FlowQueue::FlowQueue(const Options& options) : options_(options) {
  for (Band& band : bands_) band.index.fill(kNone);
}

std::vector<std::uint8_t> FlowQueue::take_buffer() {
  if (pool_.empty()) return {};
  std::vector<std::uint8_t> buffer = std::move(pool_.back());
  pool_.pop_back();
  return buffer;
}

void FlowQueue::recycle(std::vector<std::uint8_t> buffer) {
  if (pool_.size() == kPooledBuffersMax) return;
  buffer.clear();
  pool_.push_back(std::move(buffer));
}

void FlowQueue::push(QueuedPacket packet, TimePoint now) {
  if (packet.bytes.empty()) return;
  packet.segment_count = 1;
  const Gso& gso = packet.gso;
  if (gso.kind != GsoKind::kNone && gso.segment_size != 0 &&
      packet.bytes.size() > gso.header_size) {
    const std::size_t payload = packet.bytes.size() - gso.header_size;
    packet.segment_count =
        static_cast<std::uint32_t>((payload + gso.segment_size - 1) / gso.segment_size);
  }
  packet.queued_at = now;
  const std::size_t octets = packet.octets_left();
  const std::size_t band_number = static_cast<std::size_t>(packet.traffic_class);
  const std::uint32_t slot = packet.flow_hash % kFlows;
  const std::uint32_t flow = flow_for(band_number, slot);
  const std::uint32_t node = take_node(std::move(packet));
  Flow& its = flows_[flow];
  append(its.packets, node, nodes_);
  its.octets += octets;
  bands_[band_number].octets += octets;
  octets_ += octets;
  ++items_;
  // After it was queued: a flow that fills the queue alone loses its own oldest.
  while (octets_ > options_.octets_max || items_ > kItemsMax) drop_from_longest();
}

std::uint32_t FlowQueue::take_node(QueuedPacket packet) {
  std::uint32_t node = idle_nodes_;
  if (node == kNone) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    idle_nodes_ = nodes_[node].next;
  }
  nodes_[node].packet = std::move(packet);
  return node;
}

std::uint32_t FlowQueue::flow_for(std::size_t band_number, std::uint32_t slot) {
  Band& band = bands_[band_number];
  if (band.index[slot] != kNone) return band.index[slot];
  std::uint32_t flow = 0;
  if (idle_flows_.empty()) {
    flow = static_cast<std::uint32_t>(flows_.size());
    flows_.emplace_back();
  } else {
    flow = idle_flows_.back();
    idle_flows_.pop_back();
  }
  flows_[flow] = Flow{.slot = slot, .band = band_number};
  // RFC 8290 section 4.1.
  flows_[flow].deficit = static_cast<std::int64_t>(options_.quantum);
  band.index[slot] = flow;
  append(band.fresh, flow, flows_);
  return flow;
}

// RFC 8290 section 4.2. The flow stays at the head of its list.
std::uint32_t FlowQueue::choose_flow(Band& band) {
  for (;;) {
    const bool from_fresh = band.fresh.head != kNone;
    List& list = from_fresh ? band.fresh : band.old;
    if (list.head == kNone) return kNone;
    Flow& flow = flows_[list.head];
    if (flow.deficit <= 0) {
      flow.deficit += static_cast<std::int64_t>(options_.quantum);
      append(band.old, remove_head(list, flows_), flows_);
      continue;
    }
    if (flow.packets.head != kNone) return list.head;
    const std::uint32_t idle = remove_head(list, flows_);
    // A flow that has just become empty waits a turn among the old ones: else it would come back as
    // a new one at once, and starve them.
    if (from_fresh && band.old.head != kNone) {
      append(band.old, idle, flows_);
    } else {
      band.index[flow.slot] = kNone;
      idle_flows_.push_back(idle);
    }
  }
}

std::optional<FlowQueue::Front> FlowQueue::front(TrafficClass traffic_class, TimePoint now) {
  Band& its = band(traffic_class);
  if (its.chosen != kNone) return describe(flows_[its.chosen], its.mark);
  for (;;) {
    const std::uint32_t chosen = choose_flow(its);
    if (chosen == kNone) return std::nullopt;
    Flow& flow = flows_[chosen];
    bool mark = false;
    if (obey_codel(flow, mark, now)) {
      its.chosen = chosen;
      its.mark = mark;
      return describe(flow, mark);
    }
  }
}

// False if it dropped all that the flow had.
bool FlowQueue::obey_codel(Flow& flow, bool& mark, TimePoint now) {
  while (flow.packets.head != kNone) {
    const QueuedPacket& packet = nodes_[flow.packets.head].packet;
    if (!flow.codel.should_signal(now - packet.queued_at, flow.octets, options_.codel, now)) {
      return true;
    }
    if (is_ecn_capable(packet.bytes)) {
      mark = true;
      return true;
    }
    advance(flow);
    counters_.dropped_codel.add();
  }
  return false;
}

FlowQueue::Front FlowQueue::describe(const Flow& flow, bool mark) const {
  const QueuedPacket& packet = nodes_[flow.packets.head].packet;
  Front front{.packet = &packet, .first = packet.next_segment, .mark_first = mark};
  for (std::size_t segment = front.first; segment < packet.segment_count; ++segment) {
    const std::size_t octets = packet.segment_octets(segment);
    if (front.count > 0 && static_cast<std::int64_t>(front.octets + octets) > flow.deficit) break;
    front.octets += octets;
    ++front.count;
  }
  return front;
}

void FlowQueue::pop(TrafficClass traffic_class, std::size_t count) {
  Band& its = band(traffic_class);
  if (its.chosen == kNone) return;
  Flow& flow = flows_[its.chosen];
  if (its.mark) counters_.marked.add();
  its.chosen = kNone;
  its.mark = false;
  for (; count > 0 && flow.packets.head != kNone; --count) {
    const QueuedPacket& packet = nodes_[flow.packets.head].packet;
    flow.deficit -= static_cast<std::int64_t>(packet.segment_octets(packet.next_segment));
    advance(flow);
  }
}

// Past the flow's first segment.
void FlowQueue::advance(Flow& flow) {
  const std::uint32_t node = flow.packets.head;
  QueuedPacket& packet = nodes_[node].packet;
  const std::size_t octets = packet.segment_octets(packet.next_segment);
  flow.octets -= octets;
  bands_[flow.band].octets -= octets;
  octets_ -= octets;
  if (++packet.next_segment < packet.segment_count) return;
  remove_head(flow.packets, nodes_);
  recycle(std::move(packet.bytes));
  nodes_[node].next = idle_nodes_;
  idle_nodes_ = node;
  --items_;
}

// RFC 8290 section 4.1: from the head.
void FlowQueue::drop_from_longest() {
  const auto longest = std::max_element(
      flows_.begin(), flows_.end(),
      [](const Flow& left, const Flow& right) { return left.octets < right.octets; });
  // Many small ones for one search, but no more than half of what it has.
  const std::size_t until = longest->octets - std::min(longest->octets / 2, kDropBatch);
  Band& its = bands_[longest->band];
  if (its.chosen != kNone && &flows_[its.chosen] == &*longest) {
    its.chosen = kNone;
    its.mark = false;
  }
  do {
    advance(*longest);
    counters_.dropped_full.add();
  } while (longest->octets > until);
}

}  // namespace hawser
