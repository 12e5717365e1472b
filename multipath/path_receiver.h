// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/spi.h"
#include "base/time.h"
#include "multipath/delay_meter.h"
#include "multipath/loss_meter.h"
#include "multipath/path_report.h"
#include "multipath/reorder_meter.h"
#include "multipath/report_schedule.h"
#include "multipath/windowed_extreme.h"

namespace hawser {

// An authentic packet that came on a path.
struct ReceivedPacket {
  Spi spi;
  std::uint64_t sequence = 0;  // of ESP, extended
  std::uint32_t octets = 0;    // counted as its sender counts them
  bool is_newest = true;       // its number is above all those that came before it
  bool congested = false;      // it came marked CE
  // Whether the sender shall be told of it. Not of reports and probes: two hosts with nothing to
  // say would go on reporting each other's reports.
  bool elicits = true;
  std::optional<ShimStamp> stamp;
};

// What was received on a path since it began, for status.
struct PathReception {
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;
  std::uint64_t lost = 0;
  std::uint64_t loss_runs = 0;
  std::uint64_t congested = 0;
  Duration jitter{0};
  ReorderCounts reorder;
};

// The receiving end of one path in one worker: counts what comes and says what there is to report
// and when. Reports stay within ReportSchedule's budget. Not thread-safe; allocates only when
// an SA begins.
class PathReceiver {
 public:
  explicit PathReceiver(PathId path, const ReportSchedule::Options& options = {});

  // In the order of arrival. A packet with a new SPI begins the next SA; the one before it is still
  // counted, older ones are not.
  void note(const ReceivedPacket& packet, TimePoint now);

  // Packets were not noted for a while: what is missing before the next one is no loss.
  void skip();
  // How many numbers of this SA were passed over and have not come, lost or not.
  std::uint64_t missing(Spi spi) const;

  // How late a packet may come behind those that overtook it on this path: the most of some
  // seconds, and a margin. 0: the path keeps order.
  Duration lateness() const { return late_.empty() ? Duration(0) : late_.value() / 4 * 5; }

  // The report that is due, if one is.
  std::optional<PathReport> poll_report(TimePoint now);
  // When poll_report() should be asked again.
  std::optional<TimePoint> next_timeout() const {
    return current_ ? schedule_.due() : std::nullopt;
  }

  PathReception reception() const;

 private:
  struct Sa {
    explicit Sa(Spi name) : spi(name) {}
    Spi spi;
    LossMeter loss;
    ReorderMeter reorder;
  };
  struct Mark {
    std::uint64_t highest = 0;  // of the current SA
    TimePoint time;             // when it was that
  };

  Sa* find(Spi spi);
  void retire(const Sa& sa);
  void note_gap(const Sa& sa, TimePoint now);
  Duration patience() const;
  void settle(TimePoint now);
  LossCounts losses() const;

  PathId path_;
  ReportSchedule schedule_;
  DelayMeter delays_;
  std::optional<Sa> current_;
  std::optional<Sa> previous_;
  // SAs before those, and what was counted in them.
  std::array<Spi, 4> retired_{};
  std::size_t retirements_ = 0;
  LossCounts old_losses_;
  ReorderCounts old_reorder_;
  std::optional<Mark> mark_;
  std::optional<Mark> gap_;  // a number below it is missing, and was not before
  bool skipped_ = false;
  std::uint64_t packets_ = 0;
  std::uint64_t octets_ = 0;
  std::uint64_t congested_ = 0;
  std::uint32_t reports_ = 0;
  std::uint64_t extent_ = 0;  // the greatest since the last report
  WindowedExtreme<Duration, std::greater<>> late_;
  TimePoint newest_arrival_{};
};

}  // namespace hawser
