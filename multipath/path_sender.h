// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/spi.h"
#include "base/time.h"
#include "multipath/delay_estimator.h"
#include "multipath/delivery_meter.h"
#include "multipath/flight_ledger.h"
#include "multipath/loss_estimator.h"
#include "multipath/path_estimate.h"
#include "multipath/path_report.h"
#include "multipath/rtt_estimator.h"
#include "multipath/windowed_extreme.h"

namespace hawser {

struct SentPacket {
  std::uint64_t sequence = 0;  // of ESP, extended
  std::uint32_t octets = 0;    // of what the caller calls a packet, the same at both ends
  bool elicits = true;         // ReceivedPacket::elicits
  bool stamped = false;
  bool waited = false;  // for budget
};

// The sending end of one path in one worker: knows what is on its way, and makes of the other
// end's reports what is known of the path. Not thread-safe; does not allocate.
class PathSender {
 public:
  // Often enough for the estimators, and little beside the traffic.
  static constexpr Duration kStampInterval = Milliseconds(5);
  static constexpr Duration kStampIntervalMax = Milliseconds(20);
  static constexpr std::uint64_t kStampPackets = 16;

  // The origin is one for all paths of a worker to a peer, and outlives them.
  explicit PathSender(DelayOrigin& origin) : delay_(origin) {}

  // Packets that are noted from now on are of this SA, and its numbers begin anew. A report on an
  // SA that was never begun here is not believed.
  void begin_sa(Spi spi) { flight_.begin_sa(spi); }
  // In the order of the sequence numbers, when they are given to the socket.
  void note_sent(const SentPacket& packet, TimePoint now);
  // Whether more waits than the path takes. While nothing does, the delivery rate says what was
  // offered, not what the path can carry, and may only raise the estimate.
  void note_backlog(bool backlog) { backlog_ = backlog; }
  // Whether the next packet should carry a stamp.
  bool wants_stamp(TimePoint now) const {
    return now - last_stamp_ >= (unstamped_ >= kStampPackets ? kStampInterval : kStampIntervalMax);
  }

  // False, and nothing changed, if it is older than one that came before or of a foreign SA.
  // `same_path`: it came on the path that it is about, so its echo measures that round trip.
  bool handle_report(const PathReport& report, bool same_path, TimePoint now);
  // Measured otherwise: by a probe and its answer on this path.
  void handle_round_trip(Duration round_trip, TimePoint now);

  // Changes with what is told; only what is in flight also changes with time. The reference is
  // valid until the next call.
  const PathEstimate& estimate(TimePoint now);

 private:
  enum class Order { kStale, kFirst, kNext };
  struct Last {
    std::uint32_t number = 0;
    std::uint32_t packets = 0;
    std::uint64_t generation = 0;
    TimePoint time;
  };

  Order judge(const PathReport& report, std::uint64_t generation, TimePoint now) const;
  void add_echo(const PathReport::Timing& timing, TimePoint now);
  void update_estimate(TimePoint now);

  FlightLedger flight_;
  RttEstimator rtt_;
  DelayEstimator delay_;
  LossEstimator loss_;
  DeliveryMeter delivery_;
  WindowedExtreme<std::uint64_t, std::greater<>> extent_;
  Duration jitter_{0};
  std::optional<Last> last_;  // report
  PathEstimate estimate_;
  bool backlog_ = false;
  TimePoint last_stamp_ = TimePoint() - Seconds(1);
  std::uint64_t unstamped_ = 0;  // packets since then
};

}  // namespace hawser
