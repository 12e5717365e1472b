// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

// When to report: at once when something comes after silence, then while something comes as often
// as the budget allows (each 94 ms with the least), but not oftener than each 25 ms; never about
// nothing. A loss is told at once, on credit: such reports come out of an allowance of their own.
class ReportSchedule {
 public:
  struct Options {
    // Of a path and direction; a host with several workers divides it.
    std::uint64_t base_bps = 10'000;
    double share = 0.005;               // and that much of what is received
    std::uint32_t report_octets = 118;  // one report with ESP, UDP and IPv4
  };
  static constexpr Duration kMinInterval = Milliseconds(25);
  // Until the first report after silence: packets that come in one batch are told in one.
  static constexpr Duration kFirst = Milliseconds(1);

  // Of a packet that is missed: so many reports in a row, and from then on one a second.
  static constexpr double kHasty = 12;
  static constexpr Duration kHastyInterval = Seconds(1);

  explicit ReportSchedule(const Options& options) : options_(options) {}

  void note(std::uint32_t octets, TimePoint now);
  // Something is missing, which will be certain at that time.
  void note_missing(TimePoint certain, TimePoint now);
  // A report was made.
  void note_report(TimePoint now);
  // Unset: nothing came since the last report.
  std::optional<TimePoint> due() const { return due_; }

 private:
  void earn(TimePoint now);

  Options options_;
  double credit_ = 0;  // octets
  std::optional<TimePoint> earned_until_;
  std::optional<TimePoint> last_report_;
  std::optional<TimePoint> due_;
  double hasty_ = kHasty;              // reports
  std::optional<TimePoint> hastened_;  // the last time
};

}  // namespace hawser
