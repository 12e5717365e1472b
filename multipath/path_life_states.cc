// SPDX-License-Identifier: Apache-2.0
// Which state a path is in, and why; what it hears and sends is in path_life.cc.
#include <algorithm>
#include <utility>

#include "multipath/path_life.h"

namespace hawser {
namespace {

// A suspect path is asked for so long before it is given up: some round trips, within these.
constexpr Duration kSuspectMin = Seconds(1);
constexpr Duration kSuspectMax = Seconds(2);
constexpr unsigned kSilentProbes = 3;
// Nothing ever came back: said to be failed, and asked on.
constexpr Duration kValidatingMax = Seconds(5);
// While no path works all is waiting for the first that does: back within a second even if some
// probes are lost. Else there is time.
constexpr Duration kHopefulRetry = Milliseconds(200);
constexpr Duration kEagerRetry = Milliseconds(300);
constexpr Duration kEagerRetryFor = Seconds(5);
constexpr Duration kPatientRetry = Seconds(1);
// Of a path that is watched: how far back, and how many of its probes may be lost.
constexpr Duration kWatched = Seconds(3);
constexpr unsigned kAnswersMin = 3;
constexpr Duration kHearing = Milliseconds(500);
constexpr Duration kCheckDistance = Milliseconds(2);

std::string in_words(Duration duration) {
  if (duration >= Seconds(10)) {
    return std::to_string(std::chrono::duration_cast<Seconds>(duration).count()) + " s";
  }
  return std::to_string(std::chrono::duration_cast<Milliseconds>(duration).count()) + " ms";
}

}  // namespace

void PathLife::set_state(PathState state, std::string reason, TimePoint now) {
  if (state_ == PathState::kActive && state != PathState::kActive) damper_.note_left(now);
  if (state == PathState::kActive && state_ != PathState::kActive) damper_.note_active(now);
  reason_ = std::move(reason);
  if (state == state_) return;
  if (changes_.size() >= kChangesMax) changes_.pop_front();
  changes_.push_back({.path = options_.id, .from = state_, .to = state, .reason = reason_});
  state_ = state;
  since_ = now;
  eager_since_ = now;
  answer_due_.reset();
}

void PathLife::validate(TimePoint now) {
  validator_.challenge(addresses_, origin_, now);
  prober_.want_full_size();
  set_state(PathState::kValidating, "asked whether the peer is there", now);
}

void PathLife::activate(std::string reason, TimePoint now) {
  was_active_ = true;
  is_browned_out_ = false;
  set_state(PathState::kActive, std::move(reason), now);
}

void PathLife::stand_by(std::string reason, Duration hold, TimePoint now) {
  hold_ = hold;
  steady_since_ = now;
  // A short silence in between does not make what was lost before it undone.
  if (state_ != PathState::kSuspect || suspected_in_ != PathState::kStandby) watched_since_ = now;
  set_state(PathState::kStandby, std::move(reason), now);
}

void PathLife::suspect(std::string reason, TimePoint now) {
  suspected_in_ = state_;
  set_state(PathState::kSuspect, std::move(reason), now);
}

void PathLife::fail(std::string reason, TimePoint now) {
  is_browned_out_ = false;
  set_state(PathState::kFailed, std::move(reason), now);
  silence_.begin(now);
  // Data has to pass again before the path is taken for sound.
  prober_.want_full_size();
}

void PathLife::handle_proof(const AddressPair& proven, TimePoint now) {
  is_proven_ = true;
  if (!is_same_way(proven, addresses_)) {
    validator_.forget(addresses_);
    addresses_ = proven;
    has_moved_ = true;
    silence_.note_moved();
  }
  handle_answered(now);
}

// A probe or a challenge was answered: both directions work, at this moment.
void PathLife::handle_answered(TimePoint now) {
  // It was on its way already when the link went down.
  if (!is_link_up_) return;
  silence_.note_answered(now);
  prober_.note_confirmed(now);
  answer_due_.reset();
  if (state_ == PathState::kSuspect) return_from_suspect(now);
  if (state_ == PathState::kFailed && is_proven_) return_from_failed(now);
  check(now);
}

void PathLife::return_from_suspect(TimePoint now) {
  const std::string reason = "answers again after " + in_words(now - since_);
  if (is_browned_out_) {
    stand_by(reason + "; it was bad before that", std::max<Duration>(damper_.hold(), kWatched),
             now);
  } else if (is_only_hope_ || (suspected_in_ == PathState::kActive && damper_.is_first())) {
    // A first short silence in a long time is forgiven.
    activate(reason, now);
  } else {
    stand_by(reason + ", and was silent before: watched for " + in_words(damper_.hold()),
             damper_.hold(), now);
  }
}

void PathLife::return_from_failed(TimePoint now) {
  const std::string reason = "answers again after " + in_words(now - since_);
  if (!was_active_) {
    set_state(PathState::kValidating, "the peer answers at last", now);
  } else if (is_only_hope_) {
    activate(reason, now);
  } else {
    stand_by(reason + ": watched for " + in_words(damper_.hold()), damper_.hold(), now);
  }
}

void PathLife::check(TimePoint now) {
  checked_ = now;
  switch (state_) {
    case PathState::kValidating:
      check_validating(now);
      break;
    case PathState::kActive:
      check_liveness(now);
      break;
    case PathState::kStandby:
      check_liveness(now);
      if (state_ == PathState::kStandby) check_standby(now);
      break;
    case PathState::kSuspect:
      check_suspect(now);
      break;
    case PathState::kCandidate:
    case PathState::kFailed:
    case PathState::kDisabled:
      break;
  }
  set_pace(now);
}

void PathLife::check_validating(TimePoint now) {
  if (is_proven_ && (is_only_hope_ || !prober_.is_full_size_wanted())) {
    activate("the peer answers", now);
  } else if (now - since_ < kValidatingMax) {
    return;
  } else if (is_proven_) {
    reason_ = "the peer answers, but packets of " + std::to_string(prober_.full_size()) +
              " octets do not come through";
  } else {
    fail("the peer never answered", now);
  }
}

void PathLife::check_liveness(TimePoint now) {
  if (!is_browned_out_ && !is_only_hope_) {
    if (auto verdict = brownout_.verdict(now)) {
      stand_by(std::move(*verdict), Duration(0), now);
      hold_ = std::max<Duration>(damper_.hold(), kWatched);
      is_browned_out_ = true;
    }
  }
  silence_.check(now);
  if (answer_due_ && now >= *answer_due_) silence_.begin_doubt(now);
  // Two signals: what was expected did not come, and neither did answers to several probes.
  const TimePoint asked = silence_.doubted_since();
  if (!silence_.is_overdue(now)) return;
  const unsigned unanswered = prober_.unanswered(asked, now - silence_.patience());
  if (unanswered < kSilentProbes) return;
  const bool is_unheard = silence_.doubt() == SilenceWatch::Doubt::kUnheard;
  suspect((is_unheard ? "silent for " + in_words(silence_.silence(now))
                      : "nothing that was sent is confirmed") +
              ", and " + std::to_string(unanswered) + " probes are unanswered",
          now);
}

bool PathLife::is_steady(TimePoint now) const {
  const TimePoint since = std::max(watched_since_, now - kWatched);
  const TimePoint until = now - silence_.patience();
  const unsigned lost = prober_.unanswered(since, until);
  return lost <= prober_.answered(since, until) / 4 + 1 && brownout_.is_well(now);
}

void PathLife::check_standby(TimePoint now) {
  if (!is_steady(now)) steady_since_ = now;
  if (now - steady_since_ < hold_ || prober_.is_full_size_wanted()) return;
  if (prober_.answered(steady_since_, now) < kAnswersMin) return;
  activate("steady for " + in_words(now - steady_since_), now);
}

Duration PathLife::suspect_time() const {
  return std::clamp(4 * silence_.patience(), kSuspectMin, kSuspectMax);
}

void PathLife::check_suspect(TimePoint now) {
  if (now - since_ >= suspect_time()) {
    fail("no answer for " + in_words(silence_.silence(now)), now);
  }
}

// One direction of a failed path is back, and nothing else works.
bool PathLife::is_heard_again(TimePoint now) const {
  return is_only_hope_ && silence_.is_hearing() && silence_.silence(now) < kHearing;
}

void PathLife::set_pace(TimePoint now) {
  ProbePace pace = ProbePace::kOff;
  const bool is_doubted = silence_.doubt() != SilenceWatch::Doubt::kNone;
  switch (state_) {
    case PathState::kCandidate:
    case PathState::kDisabled:
      break;
    case PathState::kValidating:
      if (is_proven_ || origin_ == AddressOrigin::kGiven) pace = ProbePace::kWatch;
      break;
    case PathState::kActive:
      pace = is_doubted || brownout_.wants_probes(now) ? ProbePace::kUrgent : ProbePace::kIdle;
      break;
    case PathState::kStandby:
      pace = is_doubted ? ProbePace::kUrgent : ProbePace::kWatch;
      break;
    case PathState::kSuspect:
      pace = ProbePace::kUrgent;
      break;
    case PathState::kFailed:
      if (is_proven_) pace = is_heard_again(now) ? ProbePace::kWatch : ProbePace::kRetry;
      break;
  }
  const bool is_eager = now - eager_since_ < kEagerRetryFor;
  const Duration retry = is_only_hope_ ? kHopefulRetry : is_eager ? kEagerRetry : kPatientRetry;
  prober_.set_retry_interval(retry);
  validator_.set_slowest(retry);
  prober_.set_pace(may_send() ? pace : ProbePace::kOff);
}

std::optional<TimePoint> PathLife::next_check() const {
  std::optional<TimePoint> next;
  if (state_ == PathState::kValidating && !is_proven_) next = since_ + kValidatingMax;
  if (state_ == PathState::kSuspect) next = since_ + suspect_time();
  if (is_usable()) {
    next = silence_.next_timeout();
    if (answer_due_) next = std::min(next.value_or(*answer_due_), *answer_due_);
  }
  // What was due at the last check waits for something else by now, such as probes on their way.
  if (next) next = std::max(*next, checked_ + kCheckDistance);
  return next;
}

}  // namespace hawser
