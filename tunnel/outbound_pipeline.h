// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/allowance.h"
#include "base/time.h"
#include "multipath/flow_classifier.h"
#include "multipath/path_mtu.h"
#include "tunnel/data_plane_event.h"
#include "tunnel/drop_reason.h"
#include "tunnel/handover.h"
#include "tunnel/inner_segmenter.h"
#include "tunnel/ip_header.h"
#include "tunnel/packet.h"
#include "tunnel/peer_table.h"

namespace hawser {

// From the TUN device to the network, for one worker: find the peer, cut super-packets, lay the
// packets out one behind the other in the arena, seal them run by run. A run is what one send can
// carry: one SA, one address, equal sizes.
class OutboundPipeline {
 public:
  struct Options {
    WorkerIndex worker;
    std::size_t max_batch_packets = 256;
    std::size_t max_batch_bytes = std::size_t{192} * 1024;
  };
  OutboundPipeline(const Options& options, PeerTable& peers, DropCounters& drops,
                   std::deque<DataPlaneEvent>& events);

  // What came before was polled. Between begin() and finish() any of the others, in their order.
  void begin();
  void finish() { seal_run(); }

  void handle(std::span<InnerPacket> batch, TimePoint now);
  // A packet that another worker handed over: not handed on again.
  void handle_handed_over(InnerPacket packet, TimePoint now);
  void send_keepalives(TimePoint now);
  // A control frame of a bond.
  void send_frame(PeerBond& bond, const PathFrame& frame, TimePoint now);
  // What of the backlog may go now; `mtu` of inner packets.
  void send_queue(PeerBond& bond, std::uint16_t mtu, TimePoint now);
  // A frame that was lost.
  void send_again(PeerBond& bond, const Retransmission& again, TimePoint now);
  void set_rules(std::vector<ClassRule> rules) { classifier_.set_rules(std::move(rules)); }
  // A dummy packet that carries the notice; false if the SA cannot send now.
  bool send_floor_notice(OutboundSa& sa, const SendFloorNotice& command, TimePoint now);
  // Tells the control side what the SA has to say, if anything.
  void report(OutboundSa& sa, TimePoint now);

  // Where packets of one of its SAs go; nothing if that is not known now.
  static std::optional<AddressPair> addresses_of(const WorkerPeer& peer, const OutboundSa& sa);

  std::optional<Transmit> poll_transmit();
  // An answer to who sends from here.
  std::optional<InnerBatch> poll_reply();
  std::optional<Handover> poll_handover();
  std::uint64_t transmits() const { return transmits_; }
  std::uint64_t handed_over() const { return handed_over_; }

 private:
  // RFC 1812 section 4.3.2.8, RFC 4443 section 2.4(f).
  static constexpr double kAnswersPerSecond = 200;

  // Where a packet goes.
  struct Way {
    AddressPair addresses;
    unsigned link = 0;
    OutboundSa* sa = nullptr;
    std::size_t mtu = PathMtu::kUnlimited;  // of outer packets
  };
  struct Run {
    AddressPair addresses;
    unsigned link = 0;
    OutboundSa* sa = nullptr;  // null: a keepalive
    std::size_t offset = 0;
    std::size_t bytes = 0;
    std::size_t segment_size = 0;
    std::size_t first_job = 0;
    bool open = true;
    bool may_fragment = false;
  };
  enum class HandOver : std::uint8_t { kAllowed, kForbidden };

  void handle_one(InnerPacket& packet, HandOver hand_over, TimePoint now);
  void hand_over(const InnerPacket& packet, WorkerIndex target);
  void drop_without_sa(DropReason reason, WorkerPeer& peer, TimePoint now);
  // Makes a super-packet's segments as small as they have to be. False: it does not fit, and was
  // dropped.
  bool fit(InnerPacket& packet, const IpHeader& header, std::size_t limit, TimePoint now);
  void drop_too_big(const InnerPacket& packet, const IpHeader& header, std::size_t limit,
                    TimePoint now);
  // Without the shim.
  void send_plain(InnerPacket& packet, const IpHeader& header, const Way& way, WorkerPeer& peer,
                  TimePoint now);
  bool emit(InnerPacket& packet, const IpHeader& header, const Way& way, std::uint16_t mtu,
            TimePoint now);
  bool emit_segments(const InnerPacket& packet, const IpHeader& header, const Way& way,
                     TimePoint now);
  // Room for one ESP packet at the end of a run that it fits; null if the arena is full.
  std::uint8_t* place(const Way& way, std::size_t sealed_size);
  bool prepare(OutboundSa& sa, std::uint8_t* at, std::size_t inner_size, std::uint8_t next_header,
               TimePoint now);
  void seal_run();

  // Between Hawsers with several paths (outbound_bonded.cc).
  struct Segments;
  void handle_bonded(InnerPacket& packet, const IpHeader& header, WorkerPeer& peer,
                     std::uint32_t hash, TimePoint now);
  // By the only path.
  void send_alone(InnerPacket& packet, const IpHeader& header, const PeerBond& bond, BondPath& path,
                  WorkerPeer& peer, TimePoint now);
  // What the paths take now, from `segments.next` on.
  Placement send_segments(PeerBond& bond, Segments& segments, std::size_t end, TimePoint now);
  void enqueue(PeerBond& bond, const Segments& segments, TimePoint now);
  void send_on_path(PeerBond& bond, const Segments& segments, PathId path, std::uint32_t count,
                    std::uint32_t first_sequence, bool is_copy, TimePoint now);
  void send_stamp(PeerBond& bond, PathId path, TimePoint now);
  std::optional<Way> way_of(const PeerBond& bond, PathId path, TimePoint now) const;

  Options options_;
  PeerTable& peers_;
  DropCounters& drops_;
  std::deque<DataPlaneEvent>& events_;
  FlowClassifier classifier_;
  std::vector<std::uint8_t> arena_;
  std::size_t used_ = 0;
  std::vector<AeadPacket> jobs_;
  std::vector<Run> runs_;
  std::size_t next_run_ = 0;
  std::deque<Handover> handovers_;
  Allowance answers_{kAnswersPerSecond, kAnswersPerSecond};
  std::deque<std::vector<std::uint8_t>> replies_;
  std::vector<std::uint8_t> reply_;  // the one that was polled
  ByteSpan reply_part_;
  std::uint64_t transmits_ = 0;
  std::uint64_t handed_over_ = 0;
};

}  // namespace hawser
