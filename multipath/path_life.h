// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address_pair.h"
#include "base/random.h"
#include "base/time.h"
#include "multipath/brownout_watch.h"
#include "multipath/flap_damper.h"
#include "multipath/path_estimate.h"
#include "multipath/path_frame.h"
#include "multipath/path_life_values.h"
#include "multipath/path_prober.h"
#include "multipath/path_state.h"
#include "multipath/path_validator.h"
#include "multipath/silence_watch.h"

namespace hawser {

// The life of one path of one peer in one worker: where it is, whether it works, and why we think
// so. Asks by challenges and probes, and watches what comes. Data may go where `addresses()` says
// while the state is kActive; kStandby and kSuspect are for when nothing is active.
class PathLife {
 public:
  static constexpr std::size_t kFramesMax = 32;  // answers that wait; what overflows is dropped
  static constexpr std::size_t kChangesMax = 32;

  PathLife(const PathLifeOptions& options, Random& random);

  // A kProven address is active at once.
  void begin(const AddressPair& addresses, AddressOrigin origin, TimePoint now);
  // The path is to be elsewhere. With the remote address kept, data goes the new way at once;
  // otherwise when that has answered, and the old one is used as long as it works.
  void move(const AddressPair& planned, TimePoint now);
  void adopt(const AddressPair& proven, TimePoint now);  // to another pair of the path's SAs
  // Carrier and addresses of the link; `why` in words, such as "eth0 has no carrier".
  void handle_link(bool is_up, std::string_view why, TimePoint now);
  void handle_farewell(TimePoint now);  // the peer says that its end is down
  void enable(TimePoint now);
  void disable(std::string_view why, TimePoint now);
  // No other path is usable: this one is used as soon as it answers, asked for as long as it takes.
  void set_only_hope(bool is_only_hope, TimePoint now);

  // Each packet that was sent on the path (`is_data`: not a control frame), and each authentic
  // one that came; once for a batch is enough. Not before begin().
  void note_sent(bool is_data, TimePoint now) { silence_.note_sent(is_data, now); }
  void note_heard(const PathHeard& heard, TimePoint now);
  // A probe, a challenge, or an answer to one. False if it is malformed, or none of them.
  bool handle_frame(ByteSpan frame, const AddressPair& from, TimePoint now);
  void handle_estimate(const PathEstimate& estimate, TimePoint now);
  void set_full_frame(std::size_t octets) { prober_.set_full_size(octets); }
  void handle_timeout(TimePoint now);
  std::optional<TimePoint> next_timeout() const;
  std::optional<TimePoint> next_challenge() const;  // of challenges alone

  std::optional<PathFrame> poll_frame(TimePoint now);
  std::optional<PathChange> poll_change();
  std::optional<Duration> poll_round_trip();  // of a probe or challenge, for the estimators
  bool poll_moved();                          // once after addresses() has become another

  PathId id() const { return options_.id; }
  PathState state() const { return state_; }
  const std::string& reason() const { return reason_; }
  const AddressPair& addresses() const { return addresses_; }
  TimePoint since() const { return since_; }
  bool is_usable() const { return state_ == PathState::kActive || state_ == PathState::kStandby; }
  std::uint64_t dropped_frames() const { return dropped_frames_; }

 private:
  struct Answer {
    std::optional<AddressPair> to{};
    std::optional<PathProbe> probe{};  // else a challenge
    ChallengeToken token{};
    TimePoint came{};
  };

  // path_life.cc
  void handle_probe(const PathProbe& probe, const AddressPair& from, TimePoint now);
  void handle_probe_answer(const PathProbeAnswer& answer, TimePoint now);
  void handle_challenge(const PathChallenge& challenge, const AddressPair& from, TimePoint now);
  void queue_answer(Answer answer);
  std::vector<std::uint8_t> write(const Answer& answer, TimePoint now) const;
  std::optional<AddressPair> unless_own(const AddressPair& to) const;
  void note_round_trip(Duration round_trip, TimePoint now);
  bool may_send() const;

  // path_life_states.cc
  void set_state(PathState state, std::string reason, TimePoint now);
  void validate(TimePoint now);
  void activate(std::string reason, TimePoint now);
  void stand_by(std::string reason, Duration hold, TimePoint now);
  void suspect(std::string reason, TimePoint now);
  void fail(std::string reason, TimePoint now);
  void handle_proof(const AddressPair& proven, TimePoint now);
  void handle_answered(TimePoint now);
  void check(TimePoint now);
  void check_validating(TimePoint now);
  void check_liveness(TimePoint now);
  void check_standby(TimePoint now);
  void check_suspect(TimePoint now);
  bool is_steady(TimePoint now) const;
  Duration suspect_time() const;
  void return_from_suspect(TimePoint now);
  void return_from_failed(TimePoint now);
  bool is_heard_again(TimePoint now) const;
  void set_pace(TimePoint now);
  std::optional<TimePoint> next_check() const;

  PathLifeOptions options_;
  PathState state_ = PathState::kCandidate;
  std::string reason_ = "known, not tried";
  TimePoint since_;  // of the state
  AddressPair addresses_;
  TransportAddress planned_remote_;  // before the peer moved
  AddressOrigin origin_ = AddressOrigin::kGiven;
  bool is_proven_ = false;  // addresses_.remote
  bool is_link_up_ = true;
  bool is_only_hope_ = false;
  bool has_moved_ = false;
  bool was_active_ = false;
  Duration hold_{0};  // that a path on standby has to be steady for
  TimePoint steady_since_;
  TimePoint watched_since_;
  TimePoint eager_since_;  // since when there is hope that it comes back soon
  TimePoint checked_;
  std::optional<TimePoint> answer_due_;  // of an idle probe
  PathState suspected_in_{};
  bool is_browned_out_ = false;  // why it is on standby
  std::uint64_t delivered_bytes_ = 0;
  bool has_estimated_rtt_ = false;

  PathValidator validator_;
  PathProber prober_;
  SilenceWatch silence_;
  BrownoutWatch brownout_;
  FlapDamper damper_;

  std::deque<Answer> answers_;
  std::deque<PathChange> changes_;
  std::optional<Duration> round_trip_;
  std::uint64_t dropped_frames_ = 0;
};

}  // namespace hawser
