// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/time.h"
#include "multipath/bond_parity.h"
#include "multipath/bond_path.h"
#include "multipath/bond_recovery.h"
#include "multipath/bond_values.h"
#include "multipath/flow_queue.h"
#include "multipath/path_frame.h"
#include "multipath/path_selector.h"
#include "multipath/path_status.h"
#include "multipath/resequencer.h"
#include "multipath/shim.h"
#include "multipath/shim_need.h"
#include "multipath/windowed_extreme.h"

namespace hawser {

// All paths to one peer, in one worker, between two IKE_AUTH exchanges: what the packet path talks
// to. Wires what decides (PathLife, PathSelector, ShimNeed) and what measures; decides nothing.
// Sans-IO; one thread. After each handle_* the owner polls until empty.
class Bond {
 public:
  static constexpr std::size_t kSlotsMax = 16;
  static constexpr unsigned kBucketBits = 10;  // of a bucket that the flow's hash gives
  static constexpr std::size_t kNewsMax = 64;

  struct Options {
    Random* random = nullptr;    // must outlive the bond
    std::size_t full_frame = 0;  // of the longest data frame, with the shim header
    TrafficPolicies policies;
    ScheduleOptions schedule;
  };
  Bond(const Options& options, TimePoint now);

  // What the control side wants of a path; one that is not there is begun.
  void set_path(const PlannedPath& plan, TimePoint now);
  void move_path(PathId path, const AddressPair& addresses, TimePoint now);
  void remove_path(PathId path);
  void set_policies(const TrafficPolicies& policies) { selector_.set_policies(policies); }
  // The SA that the path is sent on from now on.
  void begin_sa(PathId path, Spi spi);

  // The paths that the packets of a chunk go by. Counts as sent only what note_sent() says.
  Placement place(const Chunk& chunk);
  // The first of `count` sequences of a bucket of this worker.
  std::uint32_t take_sequences(std::uint16_t bucket, std::uint32_t count) {
    return std::exchange(sequences_[bucket & kBucketMask],
                         sequences_[bucket & kBucketMask] + count);
  }
  // Bulk waits in the queue while a path is constrained.
  bool must_queue(TrafficClass traffic_class) const;
  FlowQueue& queue();
  bool has_queue() const { return queue_ && !queue_->empty(); }
  // As much was sent of it as may be now; when more may.
  void end_queue(std::optional<TimePoint> retry_at);
  bool wants_stamp(PathId path, TimePoint now) const;
  void note_sent(PathId path, const SentPacket& packet, bool is_data, TimePoint now);
  // A packet was too large for the path (PathMtu::handle_told).
  void handle_too_big(PathId path, std::uint32_t mtu, TimePoint now);
  // Of the longest frame that all paths in use take, as far as is known.
  std::size_t frame_room(TimePoint now) const;
  const BondPath* find(PathId path) const { return path_of(path); }  // null: there is none

  // The only path, when packets are to go without the shim: nothing is measured, nothing waits.
  BondPath* plain_path(TimePoint now) const;
  // A packet without the shim came, which is to be delivered. True: there is nothing else to do.
  bool take_plain(PathId path, const AddressPair& from, std::size_t octets, bool is_newest,
                  TimePoint now);
  FrameOutcome handle_plain(const PathArrival& arrival, TimePoint now);  // otherwise
  // An authentic payload with next header 253. It stays in its memory.
  FrameOutcome handle_frame(ByteSpan frame, const PathArrival& arrival, TimePoint now);
  // Those whose turn has come; valid until recycle().
  std::optional<ReleasedPacket> poll_released();
  void recycle();

  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  std::optional<PathFrame> poll_frame(TimePoint now);
  std::optional<BondNews> poll_news();

  // By how much the delays of the paths in use differ.
  Duration spread() const { return spread_; }
  BondStatus status(TimePoint now);
  BondRecovery recovery;
  BondParity parity;

 private:
  static constexpr std::uint16_t kBucketMask = (1u << kBucketBits) - 1;

  BondPath* path_of(PathId path) const;
  BondPath& begin_path(const PlannedPath& plan, AddressOrigin origin, TimePoint now);
  bool is_single() const { return count_ < 2; }
  void measure(TimePoint now);
  bool is_measured(TimePoint now) const { return !is_single() || need_.is_measured(now); }
  BondPath* only_path() const;
  BondPath* heard_path(const PathArrival& arrival, TimePoint now);
  void note_arrival(BondPath& path, const PathArrival& arrival, const ShimHeader&, TimePoint now);
  FrameOutcome handle_data(const ShimHeader& header, ByteSpan frame, const PathArrival& arrival,
                           TimePoint now);
  void handle_report(ByteSpan frame, PathId came_by, TimePoint now);
  std::optional<PathFrame> poll_report(TimePoint now);
  PathId way_of_report(const BondPath& about) const;
  void refresh(TimePoint now);
  void take_changes(BondPath& path, TimePoint now);
  void handle_dead(BondPath& path, TimePoint now);
  void update_only_hope(TimePoint now);
  void update_bound(TimePoint now);
  void update_frame_room(TimePoint now);
  void update_parity(TimePoint now);
  void update_recovery(TimePoint now);
  PathId fastest() const;
  std::optional<PathId> second() const;

  Options options_;
  DelayOrigin origin_;
  std::vector<std::unique_ptr<BondPath>> paths_;   // by slot
  std::array<std::optional<Spi>, kSlotsMax> sas_;  // to send on
  std::size_t count_ = 0;
  ShimNeed need_;
  std::vector<PathView> views_;  // of the paths, in the order of their slots
  PathSelector selector_;
  bool dirty_ = true;
  TimePoint next_refresh_{};
  std::vector<std::uint32_t> sequences_;  // by bucket
  Resequencer order_;
  Duration spread_{0};
  WindowedExtreme<Duration, std::greater<>> arrival_spread_;
  std::size_t frame_room_ = room_in_outer(PathMtu::kUnlimited, true);
  std::unique_ptr<FlowQueue> queue_;
  bool is_constrained_ = false;
  bool waits_ = false;
  std::optional<TimePoint> next_send_;
  std::deque<BondNews> news_;
  std::uint64_t primary_changes_ = 0;
};

}  // namespace hawser
