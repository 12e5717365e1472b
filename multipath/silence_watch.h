// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hawser {

// Silence against expectation, of one path. Expected are: packets at the pace at which they came
// until now; a report within kReportInterval and a round trip of data that we sent; answers to
// probes. What is overdue makes doubt, and the caller probes; what stays unanswered makes
// suspicion. A peer that has nothing to say answers the probes, and nothing happens.
class SilenceWatch {
 public:
  static constexpr Duration kReportInterval = Milliseconds(100);

  void begin(TimePoint now);
  void set_rtt(Duration rtt, Duration variation);

  void note_sent(bool is_data, TimePoint now);
  void note_heard(TimePoint now);
  // The peer says that something we sent lately arrived.
  void note_confirmed(TimePoint now);
  // An overdue answer is being asked for since `now`.
  enum class Doubt : std::uint8_t { kNone, kUnheard, kUnconfirmed };
  Doubt doubt() const { return doubt_; }

  // Becomes doubt when something is overdue. True if that happened now.
  bool check(TimePoint now);
  // A probe of the caller was due to be answered: it doubts for another reason than the above.
  void begin_doubt(Doubt doubt, TimePoint now);
  // In doubt, and for long enough to suspect.
  bool is_overdue(TimePoint now) const;
  std::optional<TimePoint> next_timeout() const;

  // True if the peer cannot have missed all that we sent unless our direction is dead: it says
  // that it heard nothing for `silence`.
  bool contradicts(Duration silence, TimePoint now) const;

  // By when an answer to what is sent now should be here.
  Duration patience() const;
  std::optional<TimePoint> last_heard() const { return last_heard_; }
  Duration silence(TimePoint now) const;

 private:
  std::optional<TimePoint> doubt_at() const;

  Duration rtt_ = Milliseconds(100);
  Duration variation_ = Milliseconds(25);
  std::optional<TimePoint> last_heard_;
  std::optional<TimePoint> last_data_sent_;
  std::optional<TimePoint> unconfirmed_since_;
  std::optional<TimePoint> last_doubt_;
  Duration gap_{Seconds(1)};  // between packets heard, smoothed
  Doubt doubt_ = Doubt::kNone;
  TimePoint doubted_since_;
  std::uint64_t sent_slots_ = 0;  // bit i: something was sent i slots before sent_slot_
  std::int64_t sent_slot_ = 0;
};

}  // namespace hawser
