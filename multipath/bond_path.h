// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/spi.h"
#include "base/time.h"
#include "multipath/path_frame.h"
#include "multipath/path_life.h"
#include "multipath/path_mtu.h"
#include "multipath/path_planner.h"
#include "multipath/path_receiver.h"
#include "multipath/path_sender.h"
#include "multipath/path_status.h"
#include "multipath/path_view.h"
#include "multipath/rate_controller.h"

namespace hawser {

// An authentic packet that came on a path, before its frame is looked at.
struct PathArrival {
  PathId path;
  Spi spi;
  std::uint64_t sequence = 0;  // of ESP, extended
  AddressPair addresses;
  std::size_t octets = 0;  // of the ESP packet
  bool is_newest = false;
  bool congested = false;
};

// Everything about one path of a bond in one worker: its life, what is measured at both of its
// ends, what it was told.
class BondPath {
 public:
  struct Options {
    PlannedPath plan;
    AddressOrigin origin{};
    std::size_t full_frame = 0;
  };
  BondPath(const Options& options, Random& random, DelayOrigin& origin, TimePoint now);

  // What the control side wants of it now.
  void set_plan(const PlannedPath& plan, TimePoint now);
  // The SA that it is sent on from now on; the same again is nothing new.
  void begin_sa(Spi spi);
  bool has_sa() const { return has_sa_; }
  // Of the longest frame that it takes.
  std::size_t frame_room(TimePoint now) const {
    return room_in_outer(mtu.value(now), life.addresses().remote.address.is_v4());
  }

  // What goes and comes while nothing is measured is only counted.
  void count_sent(std::uint64_t packets, std::uint64_t octets, bool is_data);
  void count_received(std::uint64_t octets);
  void note_sent(const SentPacket& packet, bool is_data, TimePoint now);
  void note_received(const PathArrival& arrival, const ReceivedPacket& packet, TimePoint now);
  // Of the sending direction.
  void handle_report(const PathReport& report, bool same_path, TimePoint now);
  // A probe, a challenge or an answer to one.
  bool handle_frame(ByteSpan frame, const AddressPair& from, TimePoint now);
  // How many numbers of the SA that is heard were passed over and have not come.
  std::uint64_t missing() const { return receiver.missing(heard_spi_); }

  // Probes and challenges; reports come by poll_report().
  std::optional<PathFrame> poll_frame(TimePoint now) { return life.poll_frame(now); }
  std::optional<PathReport> poll_report(TimePoint now);
  // Our end was just taken down: the peer is to hear of it by another path.
  std::optional<PathReport> poll_farewell();
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;

  PathView view(TimePoint now);
  // What of a view changes with each packet.
  void refresh_budget(PathView& view, TimePoint now);
  // Whether there is more to send than the paths take.
  void note_backlog(bool waiting);
  PathStatus status(const PathView& now_view, TimePoint now) const;
  const PlannedPath& plan() const { return plan_; }
  // From the sender's clock to ours, by the last report that we made; for comparing paths.
  std::optional<ShimStamp> arrival_delay() const { return arrival_delay_; }
  Duration arrival_jitter() const { return arrival_jitter_; }

  PathLife life;
  PathSender sender;
  PathReceiver receiver;
  RateController rate;
  PathMtu mtu;

 private:
  void take_round_trips(TimePoint now);
  void forecast(PathView& view, TimePoint now) const;

  PlannedPath plan_;
  bool has_sa_ = false;
  bool owes_farewell_ = false;
  Spi sa_{0};
  Spi heard_spi_{0};
  std::optional<ShimStamp> arrival_delay_;
  Duration arrival_jitter_{0};
  std::optional<TimePoint> last_data_sent_;
  // While nothing is told of data sent after a pause: when the pause began.
  std::optional<TimePoint> paused_since_;
  // Of what was sent lately, for the choice of paths: older packets count less.
  struct RecentLoss {
    double lost = 0;
    double packets = 0;
    std::uint64_t lost_before = 0;
    std::uint64_t packets_before = 0;
    TimePoint updated{};
    void update(const PathEstimate& estimate, TimePoint now);
    double share() const;
  };
  RecentLoss recent_loss_;
  std::uint64_t sent_packets_ = 0;
  std::uint64_t sent_octets_ = 0;
  std::uint64_t control_octets_ = 0;
  std::uint64_t plain_packets_ = 0;  // that came and were not measured
  std::uint64_t plain_octets_ = 0;
  std::uint64_t state_changes_ = 0;
  TimePoint since_;
  PathState seen_state_{};
};

}  // namespace hawser
