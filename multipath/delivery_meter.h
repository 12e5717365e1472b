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

// How fast a path delivers, after draft-ietf-ccwg-bbr section 4.1 (delivery rate samples), but
// timed by the receiver's clock: how reports come makes no difference.
class DeliveryMeter {
 public:
  // A sample is taken over this or a round trip, whichever is longer, so that packets which come in
  // batches make no high rate.
  static constexpr Duration kSpanMin = Milliseconds(50);
  static constexpr Duration kSpanMax = Milliseconds(500);
  static constexpr Duration kWindowMin = Milliseconds(250);

  void begin(const PathReport& report, TimePoint now);
  // `point`: of the highest number that the report tells of, if that was new.
  void add(const PathReport& report, const std::optional<FlightLedger::Point>& point, Duration rtt,
           TimePoint now);

  std::uint64_t rate_bps() const { return highest_.empty() ? 0 : highest_.value(); }
  std::uint64_t delivered_bytes() const { return delivered_; }

 private:
  static constexpr std::size_t kPointsMax = 32;
  struct Point {
    ShimStamp arrival = 0;
    std::uint64_t delivered = 0;
    std::uint64_t sent_octets = 0;
    TimePoint sent;
    bool backlog = false;  // since the point before
  };

  std::array<Point, kPointsMax> points_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint32_t last_octets_ = 0;
  std::uint64_t delivered_ = 0;
  WindowedExtreme<std::uint64_t, std::greater<>> highest_;
};

}  // namespace hawser
