// SPDX-License-Identifier: Apache-2.0
#include "multipath/report_schedule.h"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

// What may be saved up, in reports: one to answer at once after silence, one soon after.
constexpr double kSavedMax = 2;

using FloatSeconds = std::chrono::duration<double>;

}  // namespace

void ReportSchedule::note(std::uint32_t octets, TimePoint now) {
  const double cost = options_.report_octets;
  earn(now);
  credit_ = std::min(credit_ + options_.share * octets, kSavedMax * cost);

  // It will not be sooner than that.
  if (due_ && (!last_report_ || *due_ <= *last_report_ + kMinInterval)) return;
  TimePoint earliest = now + kFirst;
  if (last_report_) earliest = std::max(earliest, *last_report_ + kMinInterval);
  if (credit_ < cost) {
    const FloatSeconds wait((cost - credit_) * 8 / static_cast<double>(options_.base_bps));
    earliest = std::max(earliest, now + std::chrono::ceil<Duration>(wait));
  }
  due_ = due_ ? std::min(*due_, earliest) : earliest;
}

void ReportSchedule::note_missing(TimePoint certain, TimePoint now) {
  if (hastened_) {
    const double earned = FloatSeconds(now - *hastened_) / FloatSeconds(kHastyInterval);
    hasty_ = std::min(kHasty, hasty_ + earned);
  }
  hastened_ = now;
  TimePoint due = certain;
  if (last_report_) due = std::max(due, *last_report_ + kMinInterval);
  if (hasty_ < 1 || (due_ && *due_ <= due)) return;
  hasty_ -= 1;
  due_ = due;
}

void ReportSchedule::note_report(TimePoint now) {
  earn(now);
  credit_ -= options_.report_octets;
  last_report_ = now;
  due_.reset();
}

void ReportSchedule::earn(TimePoint now) {
  if (earned_until_ == now) return;  // as most packets of a batch
  const double most = kSavedMax * options_.report_octets;
  if (!earned_until_) {
    credit_ = most;
  } else if (now > *earned_until_) {
    const double octets =
        FloatSeconds(now - *earned_until_).count() * static_cast<double>(options_.base_bps) / 8;
    credit_ = std::min(credit_ + octets, most);
  }
  earned_until_ = earned_until_ ? std::max(*earned_until_, now) : now;
}

}  // namespace hawser
