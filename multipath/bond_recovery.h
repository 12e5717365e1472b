// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.h"
#include "multipath/loss_recovery.h"
#include "multipath/path_estimate.h"
#include "multipath/recent_frames.h"
#include "multipath/resequencer.h"
#include "multipath/retransmit_store.h"

namespace hawser {

// Both halves of the recovery of losses in one bond, and when each is worth its cost: until the
// paths have shown that they lose nothing, and again from each loss on. What is lost while TCP
// begins, before anything is known of the path, costs it the most.
class BondRecovery {
 public:
  static constexpr Duration kAfterLoss = Seconds(10);
  static constexpr std::uint64_t kPacketsAfterLoss = 20'000;

  // What the sending side knows of all paths together.
  struct Sending {
    std::uint64_t lost_packets = 0;
    std::uint64_t packets = 0;
    std::uint64_t rate_bps = 0;
    Duration rtt{0};     // the longest
    Duration spread{0};  // of the paths' delays
  };
  void update_sender(const Sending& sending, TimePoint now);
  // And the receiving side: packets that were passed over, and the shortest round trip.
  struct Receiving {
    std::uint64_t lost_packets = 0;
    std::uint64_t packets = 0;
    Duration rtt{0};
  };
  void update_receiver(const Receiving& receiving, Resequencer& order, TimePoint now);

  // Bulk is asked for when it was lost; what is not bulk goes again when its path is dead.
  void set_several_paths(bool are_there) { has_others_ = are_there; }
  bool keeps(TrafficClass traffic_class) const {
    return traffic_class == TrafficClass::kBulk ? keeps_bulk_ : has_others_;
  }
  void note_sent(const RetransmitStore::Frame& frame, TimePoint now);
  // A path is not used any more; this is how long its packets are under way and back.
  void handle_dead(PathId path, Duration rtt, TimePoint now);
  void handle_nack(ByteSpan frame, TimePoint now);
  std::optional<Retransmission> poll_retransmission(TimePoint now);
  void note_copy(std::size_t octets) {
    if (store_) store_->note_copy(octets);
  }

  bool asks() const { return asks_; }
  // By how much longer a frame may wait: for two tries, the second of which is asked for late.
  Duration patience() const { return asks_ ? rtt_ * 3 + Milliseconds(20) : Duration(0); }
  // Each comes twice, the second time to go by another path: one that is lost costs a round trip
  // more, and all that came meanwhile waits.
  std::optional<Nack> poll_nack(Resequencer& order, TimePoint now);

  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout(const Resequencer& order) const;
  std::uint64_t sent_again() const { return store_ ? store_->counters().sent_again : 0; }

 private:
  // True unless so much went well that no more losses are expected.
  struct LossWatch {
    std::uint64_t lost = 0;
    std::uint64_t packets_then = 0;  // when the last was lost
    std::optional<TimePoint> last;
    bool update(std::uint64_t now_lost, std::uint64_t packets, TimePoint now);
  };

  std::unique_ptr<RetransmitStore> store_;  // made with the first frame
  RetransmitStore::Limits limits_;
  bool keeps_bulk_ = false;
  RecentFrames recent_;
  bool has_others_ = false;
  LossRecovery recovery_;
  LossWatch sending_;
  LossWatch receiving_;
  std::optional<Nack> copy_;  // of the last Nack
  bool asks_ = false;
  Duration rtt_{0};
};

}  // namespace hawser
