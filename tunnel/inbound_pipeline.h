// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "tunnel/control_queue.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/drop_reason.h"
#include "tunnel/handover.h"
#include "tunnel/inbound_sa.h"
#include "tunnel/inner_coalescer.h"
#include "tunnel/packet.h"
#include "tunnel/peer_table.h"

namespace hawser {

// From the network to the TUN device, for one worker: find the SA by its slot, check for replay,
// open in place as a batch, check what came out, merge per flow.
class InboundPipeline {
 public:
  struct Options {
    WorkerIndex worker;
    unsigned workers = 1;
    InnerCoalescer::Options coalesce;
  };
  InboundPipeline(const Options& options, PeerTable& peers, DropCounters& drops,
                  std::deque<DataPlaneEvent>& events);

  // What came before was polled. Between begin() and finish() any of the others.
  void begin();
  void finish() { coalescer_.finish(); }

  void handle(std::span<OuterPacket> batch, TimePoint now);
  // A packet that another worker handed over; its memory stays here until the next handle*.
  void handle_handed_over(const Handover::Outer& outer, std::vector<std::uint8_t> bytes,
                          TimePoint now);

  // One of the peer's bonds has a deadline behind it: delivers what need not wait any more.
  void handle_bond_timeout(WorkerPeer& peer, TimePoint now);

  std::optional<InnerBatch> poll_inner_packets();
  std::optional<Handover> poll_handover();

  // Replaces what is in the SPI's slot.
  void install(std::unique_ptr<InboundSa> sa);
  // The disk knows the SA's numbers up to `mark`: what waited for that is delivered.
  void extend_reserve(Spi spi, SequenceNumber mark, TimePoint now);
  void remove(Spi spi);
  void remove_peer(PeerId peer);
  // Whether messages of the key exchange are kept.
  void accept_control(bool accept) { accepts_control_ = accept; }
  // One without the non-ESP marker.
  void handle_control(const AddressPair& addresses, ByteSpan message);
  std::optional<ControlPacket> poll_control() { return control_.pop(); }
  bool has_control() const { return !control_.empty(); }
  void set_coalescing(const InnerCoalescer::Options& options) { coalescer_.set_options(options); }

  std::vector<InboundSaSnapshot> snapshot() const;
  std::uint64_t inner_writes() const { return inner_writes_; }
  std::uint64_t handed_over() const { return handed_over_; }

 private:
  struct Work {
    OuterPacket* outer = nullptr;
    InboundSa::Pending pending;
  };
  // An opened packet whose number may not be accepted before it is reserved on disk.
  struct Waiting {
    Spi spi;
    InboundSa::Pending pending;
    AddressPair addresses;
    Ecn ecn{};
    std::vector<std::uint8_t> clear;
  };

  void open_batch(std::span<OuterPacket> batch, TimePoint now);
  void handle_one(OuterPacket& packet, TimePoint now);
  void handle_esp(OuterPacket& packet, TimePoint now);
  void hand_over(const OuterPacket& packet, WorkerIndex target);
  // Opens what was collected for one SA.
  void flush(TimePoint now);
  void deliver(const Work& work, const AeadPacket& job, TimePoint now);
  bool keep_waiting(const Work& work, const AeadPacket& job);
  void count_waiting_bytes();
  void deliver_waiting(Waiting& waiting, TimePoint now);
  void report(InboundSa& sa, TimePoint now);
  WorkerPeer* note_received(const OuterPacket& outer, bool is_newest, TimePoint now);
  void deliver_frame(WorkerPeer* peer, const Work& work, const InboundSa::Opened& opened,
                     TimePoint now);
  void deliver_released(PeerBond& bond, const WorkerPeer& peer);
  void deliver_inner(InboundSa& sa, MutableByteSpan payload, std::uint8_t next_header);
  void handle_dummy(ByteSpan payload);
  bool scope_is_allowed(const IpAddress& address);
  InboundSa* find(Spi spi) const;

  Options options_;
  PeerTable& peers_;
  DropCounters& drops_;
  std::deque<DataPlaneEvent>& events_;
  ControlQueue control_;
  bool accepts_control_ = false;
  std::vector<std::unique_ptr<InboundSa>> slots_;
  InboundSa* current_ = nullptr;  // the SA of the collected work
  std::vector<Work> work_;
  std::vector<AeadPacket> jobs_;
  InnerCoalescer coalescer_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::deque<Waiting> delivered_;  // what the coalescer may still point into
  std::vector<std::uint8_t> handed_over_bytes_;
  std::vector<PeerId> released_from_;  // whose bonds' memory the coalescer may still point into
  std::deque<Handover> handovers_;
  std::uint64_t inner_writes_ = 0;
  std::uint64_t handed_over_ = 0;
};

}  // namespace hawser
