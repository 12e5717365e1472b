// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_life.h"

#include <algorithm>
#include <utility>

namespace hawser {

PathLife::PathLife(const PathLifeOptions& options, Random& random)
    : options_(options), validator_(random), prober_(options.full_frame) {}

void PathLife::begin(const AddressPair& addresses, AddressOrigin origin, TimePoint now) {
  addresses_ = addresses;
  planned_remote_ = addresses.remote;
  origin_ = origin;
  is_proven_ = origin == AddressOrigin::kProven;
  was_active_ = false;
  validator_.clear();
  silence_.begin(now);
  brownout_.begin();
  if (!is_link_up_) {
    fail("its link is down", now);
  } else if (is_proven_) {
    activate("IKE came up on it", now);
  } else {
    validate(now);
  }
  set_pace(now);
}

void PathLife::move(const AddressPair& planned, TimePoint now) {
  // What only the peer had begun, and did not prove, is asked about like any other from now on.
  if (origin_ == AddressOrigin::kHeard && !is_proven_ && state_ != PathState::kDisabled) {
    return begin(planned, AddressOrigin::kGiven, now);
  }
  AddressPair addresses = planned;
  // A plan whose remote address is as it was does not undo where the peer has gone since.
  if (planned.remote == planned_remote_) addresses.remote = addresses_.remote;
  planned_remote_ = planned.remote;
  if (addresses == addresses_) return;
  const bool has_same_remote = addresses.remote == addresses_.remote;
  // What was proven is the peer's end; ours is our own to know.
  if (has_same_remote || !is_usable()) {
    validator_.forget(addresses_);
    addresses_ = addresses;
    has_moved_ = true;
    silence_.note_moved();
  }
  if (!has_same_remote && !is_usable()) is_proven_ = false;
  // The challenge also shows the peer the new address at once.
  validator_.challenge(addresses, AddressOrigin::kGiven, now);
  set_pace(now);
}

void PathLife::adopt(const AddressPair& proven, TimePoint now) {
  if (!may_send() || is_same_way(proven, addresses_)) return;
  validator_.forget(addresses_);
  validator_.forget(proven);
  addresses_ = proven;
  is_proven_ = true;
  silence_.note_moved();
  set_pace(now);
}

void PathLife::handle_link(bool is_up, std::string_view why, TimePoint now) {
  if (is_up == is_link_up_) return;
  is_link_up_ = is_up;
  if (state_ != PathState::kCandidate && state_ != PathState::kDisabled) {
    if (!is_up) {
      fail(std::string(why), now);
    } else {
      reason_ = "its link is up again; the peer has not answered yet";
      eager_since_ = now;
      if (!is_proven_) validator_.challenge(addresses_, origin_, now);
    }
  }
  set_pace(now);
}

void PathLife::handle_farewell(TimePoint now) {
  if (!is_usable() && state_ != PathState::kSuspect) return;
  fail("the peer says that its end is down", now);
  set_pace(now);
}

void PathLife::enable(TimePoint now) {
  if (state_ == PathState::kDisabled) begin(addresses_, origin_, now);
}

void PathLife::disable(std::string_view why, TimePoint now) {
  if (state_ == PathState::kDisabled) return;
  if (is_proven_) origin_ = AddressOrigin::kGiven;
  validator_.clear();
  answers_.clear();
  set_state(PathState::kDisabled, std::string(why), now);
  set_pace(now);
}

void PathLife::set_only_hope(bool is_only_hope, TimePoint now) {
  if (is_only_hope == is_only_hope_) return;
  is_only_hope_ = is_only_hope;
  if (is_only_hope && state_ == PathState::kStandby && !is_browned_out_) {
    activate("it answers, and no other path does", now);
  }
  check(now);
}

void PathLife::note_heard(const PathHeard& heard, TimePoint now) {
  silence_.note_heard(now);
  if (state_ == PathState::kFailed) set_pace(now);
  const bool is_own = is_same_way(heard.addresses, addresses_);
  if (is_own && is_proven_ && validator_.is_idle()) return;
  if (!may_send()) return;
  // RFC 9000 section 9.3: only the newest packet says where the peer is; an old one that somebody
  // recorded and sends from elsewhere moves nothing.
  if (is_own && !is_proven_) {
    validator_.challenge(addresses_, origin_, now);
  } else if (!is_own && heard.is_newest) {
    validator_.challenge(heard.addresses, AddressOrigin::kHeard, now);
  }
  validator_.note_heard(heard.addresses, heard.octets);
}

bool PathLife::handle_frame(ByteSpan frame, const AddressPair& from, TimePoint now) {
  const auto header = ShimHeader::parse(frame);
  if (!header) return false;
  if (header->type == ShimType::kProbe) {
    const auto probe = PathProbe::parse(frame);
    if (probe) handle_probe(*probe, from, now);
    return probe.has_value();
  }
  if (header->type == ShimType::kProbeAnswer) {
    const auto answer = PathProbeAnswer::parse(frame);
    if (answer) handle_probe_answer(*answer, now);
    return answer.has_value();
  }
  const auto challenge = PathChallenge::parse(frame);
  if (challenge) handle_challenge(*challenge, from, now);
  return challenge.has_value();
}

void PathLife::handle_probe(const PathProbe& probe, const AddressPair& from, TimePoint now) {
  if (!may_send()) return;
  queue_answer({.to = unless_own(from), .probe = probe, .came = now});
  if (is_usable() && probe.silence && silence_.contradicts(*probe.silence, now)) {
    suspect("the peer has heard nothing here for " + std::to_string(probe.silence->count()) +
                " ms, and we sent",
            now);
    set_pace(now);
  }
}

void PathLife::handle_probe_answer(const PathProbeAnswer& answer, TimePoint now) {
  const auto round_trip = prober_.handle_answer(answer, now);
  if (!round_trip) return;
  note_round_trip(*round_trip, now);
  handle_answered(now);
}

void PathLife::handle_challenge(const PathChallenge& challenge, const AddressPair& from,
                                TimePoint now) {
  if (!may_send()) return;
  if (!challenge.is_answer) {
    queue_answer({.to = unless_own(from), .token = challenge.token, .came = now});
    return;
  }
  const auto proven = validator_.handle_answer(challenge.token, from, now);
  if (!proven) return;
  if (validator_.round_trip()) note_round_trip(*validator_.round_trip(), now);
  handle_proof(*proven, now);
}

// An answer goes to where the question came from (RFC 9000 section 8.2.2), and is never much
// longer.
std::optional<AddressPair> PathLife::unless_own(const AddressPair& to) const {
  if (is_same_way(to, addresses_)) return std::nullopt;
  return to;
}

void PathLife::queue_answer(Answer answer) {
  if (answers_.size() >= kFramesMax) {
    ++dropped_frames_;
    return;
  }
  answers_.push_back(std::move(answer));
}

void PathLife::note_round_trip(Duration round_trip, TimePoint now) {
  round_trip_ = round_trip;
  brownout_.note_round_trip(round_trip, now);
  // Until the estimators know better.
  if (has_estimated_rtt_) return;
  silence_.set_rtt(round_trip, round_trip / 4);
  validator_.set_rtt(round_trip);
}

void PathLife::handle_estimate(const PathEstimate& estimate, TimePoint now) {
  if (estimate.rtt) {
    has_estimated_rtt_ = true;
    silence_.set_rtt(*estimate.rtt, estimate.rtt_variation);
    validator_.set_rtt(*estimate.rtt);
  }
  brownout_.handle_estimate(estimate, now);
  silence_.set_loss(std::max(estimate.loss, brownout_.usual_loss()));
  // A report that comes late by another path says nothing of a path that is silent by now: only
  // answers bring that back.
  if (estimate.delivered_bytes > delivered_bytes_ && is_usable()) {
    silence_.note_confirmed(now);
    prober_.note_confirmed(now);
  }
  delivered_bytes_ = estimate.delivered_bytes;
  check(now);
}

bool PathLife::may_send() const {
  return is_link_up_ && state_ != PathState::kCandidate && state_ != PathState::kDisabled;
}

void PathLife::handle_timeout(TimePoint now) { check(now); }

std::optional<TimePoint> PathLife::next_timeout() const {
  if (!may_send()) return std::nullopt;
  std::optional<TimePoint> next = next_check();
  for (const auto& other : {validator_.next_timeout(), prober_.next_timeout()}) {
    if (other) next = std::min(next.value_or(*other), *other);
  }
  return next;
}

std::optional<TimePoint> PathLife::next_challenge() const {
  return may_send() ? validator_.next_timeout() : std::nullopt;
}

std::vector<std::uint8_t> PathLife::write(const Answer& answer, TimePoint now) const {
  if (!answer.probe) {
    std::vector<std::uint8_t> bytes(PathChallenge::kSize);
    PathChallenge{.token = answer.token, .is_answer = true}.serialize(bytes.data());
    return bytes;
  }
  const PathProbe& probe = *answer.probe;
  const std::size_t size = probe.answer_as_long ? probe.size : 0;
  const PathProbeAnswer written{.number = probe.number,
                                .stamp = to_stamp(now),
                                .echo = probe.stamp,
                                .held = to_stamp(now) - to_stamp(answer.came),
                                .size = std::max(size, PathProbeAnswer::kMinSize)};
  std::vector<std::uint8_t> bytes(written.size);
  written.serialize(bytes.data());
  return bytes;
}

std::optional<PathFrame> PathLife::poll_frame(TimePoint now) {
  if (!may_send()) return std::nullopt;
  if (!answers_.empty()) {
    const Answer answer = answers_.front();
    answers_.pop_front();
    return PathFrame{.path = options_.id, .to = answer.to, .bytes = write(answer, now)};
  }
  if (const auto due = validator_.poll(now)) {
    PathFrame frame{.path = options_.id, .to = unless_own(due->to), .bytes = {}};
    frame.bytes.resize(PathChallenge::kSize);
    PathChallenge{.token = due->token}.serialize(frame.bytes.data());
    return frame;
  }
  auto probe = prober_.poll(now);
  if (!probe) return std::nullopt;
  // Urgent probes are there because of a doubt, which has a deadline of its own.
  if (prober_.pace() != ProbePace::kUrgent && !answer_due_) {
    answer_due_ = now + silence_.patience();
  }
  const Duration silence = silence_.silence(now);
  if (silence < Seconds(60)) probe->silence = std::chrono::duration_cast<Milliseconds>(silence);
  PathFrame frame{.path = options_.id, .to = std::nullopt, .bytes = {}};
  frame.bytes.resize(probe->size);
  probe->serialize(frame.bytes.data());
  return frame;
}

std::optional<PathChange> PathLife::poll_change() {
  if (changes_.empty()) return std::nullopt;
  PathChange change = std::move(changes_.front());
  changes_.pop_front();
  return change;
}

std::optional<Duration> PathLife::poll_round_trip() {
  return std::exchange(round_trip_, std::nullopt);
}

bool PathLife::poll_moved() { return std::exchange(has_moved_, false); }

}  // namespace hawser
