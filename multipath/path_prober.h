// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "multipath/path_probe.h"

namespace hawser {

enum class ProbePace : std::uint8_t {
  kOff,
  kIdle,    // 1 s after the path was last confirmed
  kRetry,   // 300 ms, or as it is set: is a failed path back?
  kWatch,   // 100 ms: does it hold?
  kUrgent,  // 10 ms: is it there at all?
};

// Decides when one path is probed, with which size, and matches the answers.
class PathProber {
 public:
  static constexpr std::size_t kOutstandingMax = 256;  // more than 2 s of urgent probes

  // `full_size`: of a frame as long as the longest data frame; 0: none are sent.
  explicit PathProber(std::size_t full_size = 0) : full_size_(full_size) {}

  // A faster pace begins at once.
  void set_pace(ProbePace pace) { pace_ = pace; }
  ProbePace pace() const { return pace_; }
  // Of kRetry.
  void set_retry_interval(Duration interval) { retry_interval_ = interval; }
  // What we send is known to arrive: an idle probe is not due yet.
  void note_confirmed(TimePoint now) { confirmed_ = now; }
  void set_full_size(std::size_t size) { full_size_ = size; }
  // Among the next probes are long ones, until one is answered.
  void want_full_size() { full_size_wanted_ = full_size_ > PathProbe::kMinSize; }
  bool is_full_size_wanted() const { return full_size_wanted_; }
  std::size_t full_size() const { return full_size_; }

  // The frame to send, if one is due; its silence is for the caller to fill in.
  std::optional<PathProbe> poll(TimePoint now);
  std::optional<TimePoint> next_timeout() const;

  // The round trip; nothing if we did not ask this, or it was answered before.
  std::optional<Duration> handle_answer(const PathProbeAnswer& answer, TimePoint now);

  // Of the probes sent from `since` to `until`.
  unsigned unanswered(TimePoint since, TimePoint until) const;
  unsigned answered(TimePoint since, TimePoint until) const;

 private:
  static constexpr TimePoint kLongAgo{Duration::min() / 2};
  struct Sent {
    std::uint32_t number = 0;
    TimePoint when;
    bool full_size = false;
    bool is_answered = false;
  };
  Duration interval() const;
  unsigned count(TimePoint since, TimePoint until, bool is_answered) const;

  std::size_t full_size_;
  bool full_size_wanted_ = false;
  ProbePace pace_ = ProbePace::kOff;
  Duration retry_interval_ = Milliseconds(300);
  TimePoint last_sent_ = kLongAgo;
  TimePoint last_full_size_ = kLongAgo;
  TimePoint confirmed_ = kLongAgo;
  std::uint32_t next_number_ = 1;
  std::array<Sent, kOutstandingMax> sent_{};
};

}  // namespace hawser
