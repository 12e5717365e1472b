// SPDX-License-Identifier: Apache-2.0
#include "multipath/silence_watch.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

// A longer pause ends a stream: nothing is learned from it, and nothing expected.
constexpr Duration kStreamGapMax = Milliseconds(200);
constexpr unsigned kStreamMin = 8;  // packets in a row that make a stream
// A stream is missed after one and a half gaps, within these bounds; a thin one (reports alone)
// only while we send.
constexpr Duration kDenseGapMax = Milliseconds(44);
constexpr Duration kUnheardMin = Milliseconds(50);
constexpr Duration kUnheardMax = Milliseconds(110);
// Pauses of a peer that comes and goes are asked about no more often than that.
constexpr Duration kDoubtDistance = Milliseconds(250);
constexpr Duration kVariationMin = Milliseconds(10);
// Three urgent probes are on their way before silence is believed.
constexpr Duration kProbing = Milliseconds(20);

constexpr Duration kSlot = Milliseconds(16);
constexpr int kSlots = 64;
// Loss alone hardly makes a silence of so long and so many slots with packets of ours.
constexpr Duration kMissedFor = Milliseconds(80);
constexpr int kMissedMin = 4;
constexpr int kMissedMost = 8;
constexpr double kByChance = 1e-8;

std::int64_t slot_of(TimePoint time) { return time.time_since_epoch() / kSlot; }

int slots_beyond_chance(double loss) {
  int slots = kMissedMin;
  while (slots < kMissedMost && std::pow(loss, slots) > kByChance) ++slots;
  return slots;
}

}  // namespace

void SilenceWatch::begin(TimePoint now) {
  const Duration rtt = rtt_;
  const Duration variation = variation_;
  const double loss = loss_;
  *this = SilenceWatch();
  set_rtt(rtt, variation);
  set_loss(loss);
  last_heard_ = now;
  sent_slot_ = slot_of(now);
}

void SilenceWatch::set_rtt(Duration rtt, Duration variation) {
  rtt_ = rtt;
  variation_ = variation;
}

Duration SilenceWatch::patience() const { return rtt_ + std::max(kVariationMin, 4 * variation_); }

void SilenceWatch::note_sent(bool is_data, TimePoint now) {
  const std::int64_t ahead = slot_of(now) - sent_slot_;
  if (ahead > 0) {
    sent_slots_ = ahead < kSlots ? sent_slots_ << ahead : 0;
    sent_slot_ += ahead;
  }
  sent_slots_ |= 1;
  if (!is_data) return;
  last_data_sent_ = now;
  if (!unconfirmed_since_) unconfirmed_since_ = now;
}

void SilenceWatch::note_heard(TimePoint now) {
  const Duration gap = now - last_heard_.value_or(TimePoint());
  if (!last_heard_ || gap > kStreamGapMax) {
    in_row_ = 0;
  } else {
    gap_ = in_row_ == 0 ? gap : gap_ + (gap - gap_) / 8;
    ++in_row_;
  }
  last_heard_ = now;
  is_hearing_ = true;
  if (doubt_ != Doubt::kUnheard) return;
  doubt_ = Doubt::kNone;
  last_relief_ = now;
}

void SilenceWatch::note_confirmed(TimePoint now) {
  // What was sent within the last round trip cannot have been meant.
  unconfirmed_since_.reset();
  if (last_data_sent_ && *last_data_sent_ > now - rtt_) unconfirmed_since_ = now - rtt_;
  if (doubt_ == Doubt::kUnconfirmed) doubt_ = Doubt::kNone;
}

void SilenceWatch::note_answered(TimePoint now) {
  note_confirmed(now);
  if (doubt_ == Doubt::kNone) return;
  doubt_ = Doubt::kNone;
  last_relief_ = now;
}

std::optional<TimePoint> SilenceWatch::unheard_at() const {
  if (!last_heard_ || in_row_ < kStreamMin) return std::nullopt;
  if (gap_ > kDenseGapMax && (!last_data_sent_ || *last_data_sent_ < *last_heard_)) {
    return std::nullopt;
  }
  const TimePoint at =
      *last_heard_ + std::clamp(gap_ * 3 / 2, kUnheardMin, kUnheardMax) + 2 * variation_;
  return last_relief_ ? std::max(at, *last_relief_ + kDoubtDistance) : at;
}

std::optional<TimePoint> SilenceWatch::unconfirmed_at() const {
  if (!unconfirmed_since_) return std::nullopt;
  return *unconfirmed_since_ + kReportInterval + patience();
}

std::optional<TimePoint> SilenceWatch::next_timeout() const {
  if (doubt_ != Doubt::kNone) return doubted_since_ + kProbing + patience();
  const auto unheard = unheard_at();
  const auto unconfirmed = unconfirmed_at();
  if (!unheard || !unconfirmed) return unheard ? unheard : unconfirmed;
  return std::min(*unheard, *unconfirmed);
}

bool SilenceWatch::check(TimePoint now) {
  if (doubt_ != Doubt::kNone) return false;
  if (const auto at = unheard_at(); at && now >= *at) {
    doubt_ = Doubt::kUnheard;
  } else if (const auto other = unconfirmed_at(); other && now >= *other) {
    doubt_ = Doubt::kUnconfirmed;
  } else {
    return false;
  }
  doubted_since_ = now;
  // The stream has ended for now; a peer that has no more to say is asked once.
  in_row_ = 0;
  return true;
}

void SilenceWatch::begin_doubt(TimePoint now) {
  if (doubt_ != Doubt::kNone) return;
  doubt_ = Doubt::kUnconfirmed;
  doubted_since_ = now;
}

bool SilenceWatch::is_overdue(TimePoint now) const {
  return doubt_ != Doubt::kNone && now >= doubted_since_ + kProbing + patience();
}

bool SilenceWatch::contradicts(Duration silence, TimePoint now) const {
  if (silence < kMissedFor) return false;
  // What we sent a round trip before the probe came, the peer would have heard when it asked,
  // whatever share of the round trip each direction has.
  const Duration margin = std::max(kVariationMin, 2 * variation_);
  const std::int64_t newest = sent_slot_ - slot_of(now - rtt_ - margin);
  const std::int64_t oldest = sent_slot_ - slot_of(now - rtt_ - silence + margin);
  int missed = 0;
  for (std::int64_t i = std::max<std::int64_t>(newest, 0); i <= oldest && i < kSlots; ++i) {
    if ((sent_slots_ >> i & 1) != 0) ++missed;
  }
  return missed >= slots_beyond_chance(loss_);
}

Duration SilenceWatch::silence(TimePoint now) const {
  return last_heard_ ? now - *last_heard_ : Duration::max();
}

}  // namespace hawser
