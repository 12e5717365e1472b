// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_prober.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr Duration kIdleInterval = Seconds(1);
constexpr Duration kWatchInterval = Milliseconds(100);
constexpr Duration kUrgentInterval = Milliseconds(10);
// Long probes cost as much as data: no more of them than that.
constexpr Duration kFullSizeInterval = Milliseconds(100);

Duration from_stamp_units(std::uint32_t units) { return stamp_difference(units & 0x7fff'ffff, 0); }

}  // namespace

Duration PathProber::interval() const {
  switch (pace_) {
    case ProbePace::kOff:
    case ProbePace::kIdle:
      return kIdleInterval;
    case ProbePace::kRetry:
      return retry_interval_;
    case ProbePace::kWatch:
      return kWatchInterval;
    case ProbePace::kUrgent:
      return kUrgentInterval;
  }
  return kIdleInterval;
}

std::optional<TimePoint> PathProber::next_timeout() const {
  if (pace_ == ProbePace::kOff) return std::nullopt;
  const TimePoint since = pace_ == ProbePace::kIdle ? std::max(last_sent_, confirmed_) : last_sent_;
  return since + interval();
}

std::optional<PathProbe> PathProber::poll(TimePoint now) {
  const auto due = next_timeout();
  if (!due || now < *due) return std::nullopt;
  const bool is_full_size = full_size_wanted_ && now >= last_full_size_ + kFullSizeInterval;
  if (is_full_size) last_full_size_ = now;
  last_sent_ = now;
  const std::uint32_t number = next_number_++;
  if (next_number_ == 0) next_number_ = 1;  // 0 marks an entry that was never used
  sent_[number % kOutstandingMax] = {.number = number, .when = now, .full_size = is_full_size};
  return PathProbe{.number = number,
                   .stamp = to_stamp(now),
                   .answer_as_long = is_full_size,
                   .silence = std::nullopt,
                   .size = is_full_size ? full_size_ : PathProbe::kMinSize};
}

std::optional<Duration> PathProber::handle_answer(const PathProbeAnswer& answer, TimePoint now) {
  Sent& sent = sent_[answer.number % kOutstandingMax];
  if (answer.number == 0 || sent.number != answer.number || sent.is_answered) return std::nullopt;
  sent.is_answered = true;
  if (sent.full_size && answer.size >= full_size_) full_size_wanted_ = false;
  return std::max(Duration(0), now - sent.when - from_stamp_units(answer.held));
}

unsigned PathProber::count(TimePoint since, TimePoint until, bool is_answered) const {
  return static_cast<unsigned>(std::ranges::count_if(sent_, [&](const Sent& sent) {
    return sent.number != 0 && sent.is_answered == is_answered && sent.when >= since &&
           sent.when <= until;
  }));
}

unsigned PathProber::unanswered(TimePoint since, TimePoint until) const {
  return count(since, until, false);
}

unsigned PathProber::answered(TimePoint since, TimePoint until) const {
  return count(since, until, true);
}

}  // namespace hawser
