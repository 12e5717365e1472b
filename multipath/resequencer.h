// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "multipath/held_packets.h"
#include "multipath/nack.h"
#include "multipath/order_bucket.h"
#include "multipath/order_counters.h"
#include "multipath/path_id.h"
#include "multipath/shim.h"

namespace hawser {

// A data frame as it came, authenticated.
struct DataArrival {
  PathId path;
  ByteSpan payload;  // what follows the shim header; copied if it must wait
  // How many packets of this path's SA were passed over and have not come, this packet's arrival
  // included (highest number less count of arrivals; any zero). It tells a loss from a packet that
  // takes another path. Unset: not known.
  std::optional<std::uint64_t> path_missing;
  std::uint32_t mark = 0;  // the caller's own; comes back with the payload
};

enum class OrderVerdict : std::uint8_t {
  kDeliver,    // in order (or real-time): now, from the caller's own buffer
  kHeld,       // copied; poll_released() gives it in its turn
  kLate,       // those behind it went ahead: deliver it now, out of order
  kDuplicate,  // came before, or is older than memory: drop
};

// Restores the order of frames within each bucket and takes each frame once. One object per worker
// of a peer; one owner thread.
//
// What comes in order passes without a copy. What is ahead waits until the gap before it fills, the
// bound passes, or the gap is known to be a loss: a path keeps order, so when each path that
// carries the bucket has delivered a later frame, nobody will bring the missing one.
//
// Invariants: no frame is delivered twice; none waits longer than the bound; the held octets stay
// below kHeldBytesMax; what is delivered kDeliver or by poll_released() is in order, except that
// real-time frames are never waited for and never wait.
class Resequencer {
 public:
  static constexpr std::size_t kHeldBytesMax = std::size_t{32} << 20;
  static constexpr std::size_t kHeldPacketsMax = 65536;
  static constexpr std::size_t kBucketsMax = 8192;
  static constexpr std::uint32_t kPathsMax =
      kOrderedPathsMax;  // of higher ids nothing is concluded
  static constexpr Duration kBoundMin = Milliseconds(2);
  static constexpr Duration kBoundMax = Seconds(1);
  static constexpr Duration kBucketIdle = Seconds(10);  // its memory is given back then

  // How long a frame may wait: the spread of the paths' delays and a margin, plus the time of a
  // recovery where that is on. Clamped to kBoundMin..kBoundMax.
  void set_bound(Duration bound);
  // The same without the time of a recovery: what is missing for longer is asked for, whatever the
  // paths tell of it.
  void set_usual_delay(Duration usual) { rules_.usual = usual; }
  Duration bound() const { return rules_.bound; }
  // The path itself delivers up to this late; 0: it keeps order.
  void set_path_reorders(PathId path, Duration extent);
  // Nothing more will come on it: it holds up no decision.
  void forget_path(PathId path);
  // Whether all comes by one path: what was to come by others is not waited for.
  void set_one_path(bool is_one);
  // On: a loss in a bulk bucket waits the whole bound, for what was asked for (collect_missing).
  void set_recovery(bool on);
  // The sender begins all its sequences anew (a new bond): without this call they would be taken
  // for duplicates. What is held is released.
  void reset(TimePoint now);

  // kDeliver and kLate: the caller delivers the payload, then what poll_released() gives.
  OrderVerdict handle(const ShimHeader& header, const DataArrival& arrival, TimePoint now);

  // In order; call until it is empty. A payload is valid until recycle().
  std::optional<ReleasedPacket> poll_released();
  // The payloads that were polled are no longer in use; once per batch.
  void recycle();

  std::optional<TimePoint> next_timeout() const;
  void handle_timeout(TimePoint now);

  // Asks for what is missing and suspected lost, each frame at most twice, the second time
  // `retry_after` after the first. Only while recovery is on.
  struct Missing {
    std::vector<MissingRange> ranges;  // as many as fit a Nack
    std::optional<TimePoint> again;    // look again then, even if nothing arrives
  };
  Missing collect_missing(Duration retry_after, TimePoint now);
  // Whether collect_missing() may find something, now or later.
  bool has_missing() const { return rules_.recovery && !waiting_.empty(); }

  const OrderCounters& counters() const { return counters_; }
  std::size_t held_bytes() const { return pool_.bytes(); }
  std::size_t held_packets() const { return pool_.packets(); }
  std::size_t bucket_count() const { return live_.size(); }

 private:
  static constexpr std::size_t kPageSize = 256;
  // What stays of a bucket when its memory was given back: where it goes on.
  struct Entry {
    std::unique_ptr<OrderBucket> bucket;
    std::uint64_t next = 0;  // 0: never used
  };
  using Page = std::array<Entry, kPageSize>;

  OrderBucket* find(std::uint16_t id) const;
  // The usual frame in one go: the next of its bucket, and nothing waits. False if it is another,
  // and nothing has happened.
  bool take_next(const ShimHeader& header, const DataArrival& arrival, TimePoint now);
  OrderBucket& bucket_of(const ShimHeader& header, TimePoint now);
  void restart(OrderBucket& bucket, std::uint32_t sequence, TimePoint now);
  OrderVerdict place(OrderBucket& bucket, std::uint64_t number, const ShimHeader& header,
                     const DataArrival& arrival, TimePoint now);
  void settle(OrderBucket& bucket, TimePoint now);
  void give_up_all(OrderBucket& bucket, TimePoint now);
  void make_room(TimePoint now);
  void evict(std::size_t live_place, TimePoint now);
  void evict_one(TimePoint now);
  void decide_anew();
  void sweep(TimePoint now);

  OrderRules rules_{.bound = kBoundMin, .usual = kBoundMax};
  std::array<std::unique_ptr<Page>, 65536 / kPageSize> pages_;
  std::vector<OrderBucket*> live_;     // all that have memory
  std::vector<OrderBucket*> waiting_;  // those with frames that wait
  std::size_t sweep_hand_ = 0;
  std::optional<TimePoint> next_due_;  // of any bucket that waits, or before that
  std::optional<TimePoint> next_sweep_;
  HeldPackets pool_;
  OrderCounters counters_;
};

}  // namespace hawser
