// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/allowance.h"
#include "base/random.h"
#include "base/time.h"
#include "tunnel/data_plane_command.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/drop_reason.h"
#include "tunnel/handover.h"
#include "tunnel/inbound_pipeline.h"
#include "tunnel/outbound_pipeline.h"
#include "tunnel/packet.h"
#include "tunnel/peer_table.h"
#include "tunnel/snapshot.h"

namespace hawser {

// The packet path of one worker: its SAs in both directions, its peers, its batches. Sans-IO; one
// thread. Packets go in with handle_*; afterwards poll_* is called until empty, before the next
// handle_* (what was returned points into buffers of this object or of the caller's batch).
//
// What belongs to another worker comes out of poll_handover and goes into that worker's
// handle_handover; nothing is shared.
class DataPlane {
 public:
  struct Options {
    WorkerIndex worker;
    unsigned workers = 1;
    InnerCoalescer::Options coalesce;  // what the TUN device takes as super-packets
    Random* random = nullptr;          // where there are peers with several paths
  };
  explicit DataPlane(const Options& options);
  DataPlane(const DataPlane&) = delete;
  DataPlane& operator=(const DataPlane&) = delete;

  // At most kMaxInnerBatchPackets and kMaxInnerBatchBytes a call; more is a counted drop.
  static constexpr std::size_t kMaxInnerBatchPackets = 256;
  static constexpr std::size_t kMaxInnerBatchBytes = std::size_t{192} * 1024;

  void handle_outer_packets(std::span<OuterPacket> batch, TimePoint now);
  // From the port of the key exchange alone, where there is no non-ESP marker and no ESP.
  void handle_control_packets(std::span<OuterPacket> batch);
  void handle_inner_packets(std::span<InnerPacket> batch, TimePoint now);
  void handle_handover(Handover handover, TimePoint now);
  // A packet of ours did not fit its way. Nothing is to be polled for that.
  void handle_too_big(const TooBig& news, TimePoint now);
  void handle_command(DataPlaneCommand command, TimePoint now);
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;

  std::optional<Transmit> poll_transmit();
  std::optional<InnerBatch> poll_inner_packets();
  std::optional<Handover> poll_handover();
  std::optional<DataPlaneEvent> poll_event();
  // Waits here, bounded, until the control side has time.
  std::optional<ControlPacket> poll_control() { return inbound_.poll_control(); }
  bool has_control() const { return inbound_.has_control(); }

  // For drops that happen at the edges: a refused send, a full queue.
  void count_drop(DropReason reason, std::uint64_t amount = 1) { drops_.add(reason, amount); }
  // When the TUN device refused a kind of super-packet.
  void set_coalescing(const InnerCoalescer::Options& options) { inbound_.set_coalescing(options); }
  DataPlaneSnapshot snapshot() const;

 private:
  // Messages of the network about sizes that are looked at: each asks all peers.
  static constexpr double kHintsPerSecond = 50;
  // Packets that may have been sent since the one that a router quotes: a round trip at any rate.
  static constexpr std::uint32_t kQuoteAgeMax = 1u << 17;

  void apply(InstallPeer command, TimePoint now);
  void apply(MovePeer command, TimePoint now);
  void apply(RemovePeer command, TimePoint now);
  void apply(InstallInboundSa command, TimePoint now);
  void apply(InstallOutboundSa command, TimePoint now);
  void apply(ExtendReserve command, TimePoint now);
  void apply(SendFloorNotice command, TimePoint now);
  void apply(SkipSequence command, TimePoint now);
  void apply(RemoveInboundSa command, TimePoint now);
  void apply(RemoveOutboundSa command, TimePoint now);
  void apply(ReplaceOutboundSas command, TimePoint now);
  void apply(AcceptControl command, TimePoint now);
  void apply(BeginBond command, TimePoint now);
  void apply(EndBond command, TimePoint now);
  void apply(SetPath command, TimePoint now);
  void apply(MovePath command, TimePoint now);
  void apply(RemovePath command, TimePoint now);
  void apply(SetTraffic command, TimePoint now);

  void begin();
  // Sends what the bonds that were touched have to send.
  void finish(TimePoint now);
  void begin_sas(WorkerPeer& peer, TimePoint now);
  std::optional<BondStatus> bond_of(WorkerPeer& peer) const;

  // Null, and told to the control side, if it cannot be made.
  std::unique_ptr<OutboundSa> make_outbound(InstallOutboundSa command, TimePoint now);
  OutboundSa* find_outbound(PeerId peer, Spi spi);
  // Of the peer that the packet was sent to; null if it cannot be one of ours.
  const OutboundSa* find_too_big(const TooBig& news, const WorkerPeer& peer) const;

  Options options_;
  SetTraffic traffic_;
  TimePoint now_{};  // of the last call
  DropCounters drops_;
  std::deque<DataPlaneEvent> events_;
  PeerTable peers_;
  Allowance hints_{kHintsPerSecond, kHintsPerSecond};
  InboundPipeline inbound_;
  OutboundPipeline outbound_;
};

}  // namespace hawser
