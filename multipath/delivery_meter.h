// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/time.h"
#include "multipath/flight_ledger.h"
#include "multipath/path_report.h"
#include "multipath/windowed_extreme.h"

namespace hawser {

// How fast a path delivers: rate samples as BBR takes them (draft-cardwell-iccrg-bbr-congestion-
// control section 4.1), but timed by the receiver's clock, so how reports travel does not matter.
class DeliveryMeter {
 public:
  // What a sample is taken over: packets that come in batches, or whose delay changes, are no high
  // rate. So many times the jitter, within these.
  static constexpr Duration kSpanMin = Milliseconds(50);
  static constexpr Duration kSpanMax = Milliseconds(400);
  static constexpr int kSpanJitters = 64;
  // What the jitter may have shortened a sample's time by; the highest of many samples would else
  // be the most wrong one.
  static constexpr int kErrorJitters = 4;
  // Of arrivals; what was before is not compared with what comes after.
  static constexpr Duration kPauseMax = Milliseconds(500);
  // A sample is forgotten after ten round trips, or this.
  static constexpr Duration kWindowMin = Milliseconds(250);

  struct Conditions {
    Duration rtt{0};
    Duration jitter{0};  // RFC 3550
    bool queue = false;  // the path shows that it had more to carry than it can
  };

  // Counts what comes on top of this report.
  void begin(const PathReport& report);
  // `sent`: of the highest number that the report tells of, if that is news.
  void add(const PathReport& report, const std::optional<FlightLedger::Point>& sent,
           const Conditions& conditions, TimePoint now);

  std::uint64_t rate_bps() const { return highest_.empty() ? 0 : highest_.value(); }
  std::uint64_t delivered_bytes() const { return delivered_; }
  // When the receiver had counted those, by its clock; the zero is arbitrary.
  std::optional<TimePoint> delivered_at() const { return delivered_at_; }

 private:
  static constexpr std::size_t kPointsMax = 32;
  struct Point {
    ShimStamp arrival = 0;
    std::uint64_t delivered = 0;
    std::uint64_t sent_octets = 0;
    TimePoint sent;
    bool full = false;  // the path had as much as it could carry since the point before
  };
  struct Sample {
    std::uint64_t rate_bps = 0;
    bool full = false;
  };

  std::optional<Sample> take_sample(Duration span, Duration error);
  void note_arrival(ShimStamp arrival, TimePoint now);
  Point& at(std::size_t rank) { return points_[(first_ + rank) % kPointsMax]; }
  void drop_first();

  std::array<Point, kPointsMax> points_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint32_t last_octets_ = 0;
  std::uint64_t delivered_ = 0;
  std::optional<ShimStamp> last_arrival_;
  std::optional<TimePoint> delivered_at_;
  TimePoint last_add_;
  WindowedExtreme<std::uint64_t, std::greater<>> highest_;
};

}  // namespace hawser
