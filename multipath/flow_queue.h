// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/counter.h"
#include "base/inner_packet.h"
#include "base/time.h"
#include "multipath/codel.h"
#include "multipath/traffic_class.h"

namespace hawser {

// An inner packet, or a super-packet of which some segments may be sent already.
struct QueuedPacket {
  std::vector<std::uint8_t> bytes;
  Gso gso;
  TrafficClass traffic_class = TrafficClass::kBulk;
  std::uint16_t bucket = 0;
  std::uint32_t flow_hash = 0;
  std::uint32_t next_segment = 0;  // those before it were sent; the queue counts on
  // Set by the queue.
  std::uint32_t segment_count = 1;
  TimePoint queued_at;

  // Of segment `index`, with a header of its own.
  std::size_t segment_octets(std::size_t index) const;
  // Of all that were not sent.
  std::size_t octets_left() const;
};

// The backlog of a peer in one worker: FQ-CoDel (RFC 8290), but counting segments where a TUN
// device gives super-packets, so that one in a thousand can be dropped, and a part sent.
// Strict priority between classes; within one, flows share by deficit round robin, and one that
// sends little goes first. Bounded; every drop is counted with its reason.
class FlowQueue {
 public:
  static constexpr std::size_t kOctetsMax = std::size_t{8} << 20;
  static constexpr std::size_t kItemsMax = 16384;
  static constexpr std::size_t kFlows = 1024;  // of each class; more share by their hash
  static constexpr std::size_t kPooledBuffersMax = 64;

  struct Options {
    Codel::Options codel;
    std::size_t quantum = 8 * 1514;  // octets of one flow's turn
    std::size_t octets_max = kOctetsMax;
  };
  // Segments, not super-packets.
  struct Counters {
    Counter dropped_full;  // of the flow with the longest queue
    Counter dropped_codel;
    Counter marked;  // instead of a drop: CE
  };
  // What is to be sent next. Valid until the next push() or pop().
  struct Front {
    const QueuedPacket* packet = nullptr;
    std::size_t first = 0;    // segment
    std::size_t count = 0;    // so many may go before another flow's turn; at least 1
    std::size_t octets = 0;   // of those
    bool mark_first = false;  // segment `first` is to be sent with mark_congestion()
  };

  explicit FlowQueue(const Options& options);
  void set_codel(const Codel::Options& codel) { options_.codel = codel; }
  void set_quantum(std::size_t octets) { options_.quantum = octets; }

  // An empty buffer that has been used before, if there is one: for QueuedPacket::bytes.
  std::vector<std::uint8_t> take_buffer();
  // May drop from the longest flow, or `packet` itself. An empty packet is not queued.
  void push(QueuedPacket packet, TimePoint now);

  // Of one class: nothing if it has no packet. Drops what CoDel says; once that is decided, it is
  // the same until push() or pop().
  std::optional<Front> front(TrafficClass traffic_class, TimePoint now);
  // `count` segments of what front() said last for this class were sent; 1 to Front::count.
  void pop(TrafficClass traffic_class, std::size_t count);

  bool empty() const { return octets_ == 0; }
  bool empty(TrafficClass traffic_class) const { return band(traffic_class).octets == 0; }
  std::size_t octets() const { return octets_; }
  std::size_t octets(TrafficClass traffic_class) const { return band(traffic_class).octets; }
  std::size_t items() const { return items_; }
  const Counters& counters() const { return counters_; }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::size_t kDropBatch = 16 << 10;  // octets

  // Lists are chained through `next`, an index.
  struct List {
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
  };
  struct Node {
    QueuedPacket packet;
    std::uint32_t next = kNone;
  };
  struct Flow {
    List packets;
    std::uint32_t next = kNone;
    std::uint32_t slot = 0;  // of its class's index
    std::size_t band = 0;
    std::size_t octets = 0;
    std::int64_t deficit = 0;
    Codel codel;
  };
  struct Band {
    std::array<std::uint32_t, kFlows> index;  // of a flow by its hash; kNone: idle
    List fresh;                               // flows; RFC 8290 section 4.2: "new queues"
    List old;
    std::size_t octets = 0;
    std::uint32_t chosen = kNone;  // flow, by front()
    bool mark = false;
  };

  Band& band(TrafficClass c) { return bands_[static_cast<std::size_t>(c)]; }
  const Band& band(TrafficClass c) const { return bands_[static_cast<std::size_t>(c)]; }
  std::uint32_t take_node(QueuedPacket packet);
  std::uint32_t flow_for(std::size_t band_number, std::uint32_t slot);
  std::uint32_t choose_flow(Band& band);
  bool obey_codel(Flow& flow, bool& mark, TimePoint now);
  Front describe(const Flow& flow, bool mark) const;
  void drop_from_longest();
  void advance(Flow& flow);
  void recycle(std::vector<std::uint8_t> buffer);
  template <typename T>
  static void append(List& list, std::uint32_t element, std::vector<T>& elements);
  template <typename T>
  static std::uint32_t remove_head(List& list, std::vector<T>& elements);

  Options options_;
  Counters counters_;
  std::array<Band, kTrafficClasses> bands_;
  std::vector<Flow> flows_;  // these grow to their high-water mark and are used again
  std::vector<std::uint32_t> idle_flows_;
  std::vector<Node> nodes_;
  std::uint32_t idle_nodes_ = kNone;
  std::vector<std::vector<std::uint8_t>> pool_;
  std::size_t octets_ = 0;
  std::size_t items_ = 0;
};

}  // namespace hawser
