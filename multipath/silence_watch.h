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
  // The share of what we send that is lost while all is well.
  void set_loss(double loss) { loss_ = loss; }

  void note_sent(bool is_data, TimePoint now);
  // What was sent until now went elsewhere: that it was not heard says nothing of where it goes
  // now.
  void note_moved() { sent_slots_ = 0; }
  void note_heard(TimePoint now);
  // The peer says that data which we sent lately arrived. That may come by another path, and says
  // nothing of what comes by this one.
  void note_confirmed(TimePoint now);
  // A probe of ours was answered: both directions work.
  void note_answered(TimePoint now);
  enum class Doubt : std::uint8_t { kNone, kUnheard, kUnconfirmed };
  Doubt doubt() const { return doubt_; }

  // Becomes doubt when something is overdue. True if that happened now.
  bool check(TimePoint now);
  // A probe of the caller's was not answered in time.
  void begin_doubt(TimePoint now);
  TimePoint doubted_since() const { return doubted_since_; }
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
  // Something came since begin().
  bool is_hearing() const { return is_hearing_; }

 private:
  std::optional<TimePoint> unheard_at() const;
  std::optional<TimePoint> unconfirmed_at() const;

  Duration rtt_ = Seconds(1);  // RFC 6298 section 2.1: until it is measured
  Duration variation_{0};
  double loss_ = 0;
  std::optional<TimePoint> last_heard_;
  bool is_hearing_ = false;
  std::optional<TimePoint> last_data_sent_;
  std::optional<TimePoint> unconfirmed_since_;
  std::optional<TimePoint> last_relief_;  // that ended a doubt of packets not heard
  Duration gap_{0};                       // between packets heard, smoothed
  unsigned in_row_ = 0;                   // packets that came with no long gap between
  Doubt doubt_ = Doubt::kNone;
  TimePoint doubted_since_;
  std::uint64_t sent_slots_ = 0;  // bit i: something was sent i slots before sent_slot_
  std::int64_t sent_slot_ = 0;
};

}  // namespace hawser
