// SPDX-License-Identifier: Apache-2.0
#include "multipath/rate_controller.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace hawser {
namespace {

constexpr double kBitsPerOctet = 8;
constexpr double kFullPacket = 1500;
constexpr Duration kDebt = Milliseconds(50);
constexpr double kKeptShare = 0.1;  // of the rate, for those that wait
constexpr Duration kNoiseMax = Milliseconds(30);
constexpr Duration kNoiseSpan = Milliseconds(80);
constexpr double kChangesToDeviation = 2.5;
constexpr double kOffset = 2.6;
constexpr double kFewSurprises = 0.8;  // of what counts of falls, at least half of each
constexpr Duration kRateSpan = Milliseconds(40);
constexpr Duration kGrowth = Milliseconds(1);
constexpr double kLeastBandwidth = 8000;  // octets per second
// Of what was sent; less may be lost by chance.
constexpr double kOverflowShare = 0.1;
constexpr double kOverflowOctets = 10 * kFullPacket;

// A delay that is not of our making shows within such a time, if so little of the known rate was
// sent and so much of that arrived.
constexpr Duration kForeignSpan = Milliseconds(200);
constexpr double kForeignLoad = 0.7;
constexpr double kForeignArrived = 0.9;
// Of the time that a packet takes: a delay that changes by less is that of a way that became
// longer. For so long no queue stands so still, whatever is sent.
constexpr double kStillShare = 0.1;
constexpr Duration kStillSpan = Seconds(1);
constexpr double kForeignTime = 5;      // seconds until it is forgotten
constexpr double kForeignTimeLate = 3;  // and while packets are even later

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double seconds(TimePoint time) { return seconds(time.time_since_epoch()); }
Duration to_duration(double value) { return Duration(static_cast<Duration::rep>(value * 1e9)); }
std::uint64_t to_bps(double octets_per_second) {
  return static_cast<std::uint64_t>(octets_per_second * kBitsPerOctet);
}
// In seconds; below 0 where it has been empty. `sent` octets in all until `at`.
double model_queue(double model, double bandwidth, std::uint64_t sent, TimePoint at) {
  return model + static_cast<double>(sent) / bandwidth - seconds(at);
}

}  // namespace

RateController::RateController(std::uint64_t limit_bps) : limit_bps_(limit_bps) {}

void RateController::note_sent(std::size_t octets, TimePoint now, bool waited) {
  if (is_constrained()) {
    refill(now);
    // Real-time and interactive packets do not wait for budget. Were they more than the rate, what
    // they are too much would else keep bulk waiting long after.
    const double debt = std::max(rate_ * seconds(kDebt), static_cast<double>(kLeastBurst));
    budget_ = std::max(budget_ - static_cast<double>(octets), -debt);
    if (waited) kept_ = std::max(kept_ - static_cast<double>(octets), -debt);
    if (trial_.until && now < *trial_.until) trial_.sent += static_cast<double>(octets);
  }
  history_.note_sent(octets, now);
}

void RateController::note_backlog(bool waiting) {
  waited_ = waited_ || waiting || waiting_;
  waiting_ = waiting;
}

void RateController::handle_estimate(const PathEstimate& estimate, TimePoint now) {
  if (estimate.rtt) rtt_ = *estimate.rtt;
  if (estimate.rtt_min) rtt_min_ = *estimate.rtt_min;
  history_.set_span(rtt_ + Milliseconds(300));
  shown_ = static_cast<double>(estimate.delivery_rate_bps) / kBitsPerOctet;
  if (!add_sample(estimate, now)) return;
  fade_foreign_delay();
  if (!constrained_) {
    if (is_overloaded(estimate)) constrain(now);
    return;
  }
  follow_bandwidth();
  notice_foreign_delay();
  choose_surplus(estimate, now);
  if (!constrained_) return;
  follow_trial(estimate, now);
  set_model();
  set_free_if_idle(now);
}

// False if it tells nothing new of what arrived.
bool RateController::add_sample(const PathEstimate& estimate, TimePoint now) {
  const std::uint64_t in_flight = std::min(estimate.in_flight_bytes, history_.total());
  const Sample fresh{.at = estimate.delivered_at.value_or(estimate.updated.value_or(now)),
                     .delivered = estimate.delivered_bytes,
                     .sent_at = history_.time_of(history_.total() - in_flight, now),
                     .sent = history_.total() - in_flight,
                     .queue = estimate.queueing_floor.value_or(estimate.queueing)};
  if (count_ > 0) {
    const Sample& last = sample(0);
    if (fresh.delivered == last.delivered || fresh.at == last.at) return false;
    // The other end counts anew, or has nothing to do with what was before.
    const bool is_new = fresh.delivered < last.delivered || fresh.at < last.at;
    if (is_new) foreign_ = Duration(0);
    if (is_new || fresh.at - last.at > kFreeAfter) count_ = 0;
  }
  if (count_ > 0) follow_noise(fresh);
  newest_ = (newest_ + 1) % kSamples;
  samples_[newest_] = fresh;
  count_ = std::min(count_ + 1, kSamples);
  return true;
}

const RateController::Sample& RateController::sample(std::size_t age) const {
  return samples_[(newest_ + kSamples - age) % kSamples];
}

// Jitter makes the delay rise and fall; a queue that builds up only rises, one that is drained only
// falls, and one that comes of bursts rises as they say. What the model expects of a fall counts
// half, it may be wrong; but where falls are mostly as it expects, only the rest is jitter.
void RateController::follow_noise(const Sample& fresh) {
  const Sample* base = nullptr;
  for (std::size_t age = 0; age < count_; ++age) {
    base = &sample(age);
    if (fresh.at - base->at >= kNoiseSpan) break;
  }
  const double known = constrained_ ? bandwidth_ : shown_;
  double expected = 0;
  if (known > 0) {
    expected = seconds(fresh.sent_at - base->sent_at) -
               static_cast<double>(fresh.sent - base->sent) / known;
  }
  const double change = seconds(fresh.queue - base->queue);
  double fall = std::max(0.0, -change);
  double surprise = fall;
  if (constrained_) {
    surprise = std::abs(fall - std::clamp(expected, 0.0, seconds(base->modelled)));
    fall -= std::clamp(expected, 0.0, fall / 2);
  }
  double rise = std::max(0.0, change);
  if (!constrained_) rise -= std::clamp(-expected, 0.0, rise);
  // A pause teaches nothing.
  const Duration since = std::min<Duration>(fresh.at - sample(0).at, kNoiseSpan);
  noise_time_ = std::min(kNoiseMemory, noise_time_ + since);
  const double weight = std::min(1.0, seconds(since) / seconds(noise_time_));
  rises_ += (rise - rises_) * weight;
  falls_ += (fall - falls_) * weight;
  surprises_ += (surprise - surprises_) * weight;
  const double falls = surprises_ < kFewSurprises * falls_ ? surprises_ : falls_;
  noise_ = std::min(kNoiseMax, to_duration(kChangesToDeviation * std::min(rises_, falls)));
}

// Of the packets of at least that time, sent and delivered.
std::optional<RateController::Rates> RateController::rates_over(Duration time) const {
  const Sample& newest = sample(0);
  for (std::size_t age = 1; age < count_; ++age) {
    const Sample& base = sample(age);
    const Duration arriving = newest.at - base.at;
    const Duration sending = newest.sent_at - base.sent_at;
    if (arriving < time || sending <= Duration(0)) continue;
    const auto sent = static_cast<double>(newest.sent - base.sent);
    const auto delivered = static_cast<double>(newest.delivered - base.delivered);
    return Rates{.growth = arriving - sending,
                 .sent = sent / seconds(sending),
                 .delivered = delivered / seconds(arriving),
                 .lost = sent - delivered,
                 .lost_share = sent > 0 ? 1 - delivered / sent : 0};
  }
  return std::nullopt;
}

Duration RateController::least_queue_over(Duration time) const {
  Duration least = queue_of(sample(0));
  for (std::size_t age = 1; age < count_; ++age) {
    if (sample(0).at - sample(age).at > time) break;
    least = std::min(least, queue_of(sample(age)));
  }
  return least;
}

// Long enough that a quick packet is among those of jitter, too.
Duration RateController::patience() const {
  return std::clamp<Duration>(4 * noise_, Duration(0), Milliseconds(120));
}

Duration RateController::rate_span() const {
  const Duration packets =
      bandwidth_ > 0 ? to_duration(20 * kFullPacket / bandwidth_) : Duration(0);
  return std::clamp<Duration>(std::max(kRateSpan + 2 * noise_, packets), kRateSpan,
                              Milliseconds(400));
}

void RateController::constrain(TimePoint now) {
  const std::optional<Rates> rates = rates_over(rate_span());
  if (!rates) return;
  constrained_ = true;
  bandwidth_ = std::max(rates->delivered, kLeastBandwidth);
  surplus_ = 0;
  surplus_since_ = now;
  trial_ = Trial{.next = now + kTrialPause};
  busy_at_ = now;
  set_model();
  rate_ = bandwidth_;
  refilled_ = now;
  budget_ = 0;
  kept_ = 0;
}

void RateController::set_free_if_idle(TimePoint now) {
  const std::optional<Rates> rates = rates_over(rate_span());
  // With less a queue would be gone, what looks like one is jitter; and what waits for moments
  // only, without a queue, is burdened by a rate that was learned when little was sent.
  const bool is_used = !rates || rates->sent > kForeignLoad * bandwidth_;
  const bool has_queue = least_queue_over(patience()) > target();
  if (int{is_used} + int{waited_} + int{has_queue} >= 2) busy_at_ = now;
  waited_ = waiting_;
  if (now - busy_at_ >= kFreeAfter) set_free();
}

void RateController::set_free() {
  constrained_ = false;
  bandwidth_ = 0;
}

void RateController::follow_bandwidth() {
  const std::optional<Rates> rates = rates_over(rate_span());
  if (!rates) return;
  // No path carries more than was sent: packets that come closer together than they were sent
  // waited somewhere. Jitter brings them closer together, too, but not for long.
  const std::optional<Rates> lasting = rates_over(rate_span() + 4 * noise_);
  if (lasting) {
    const double shown = std::min({rates->delivered, rates->sent, lasting->delivered});
    if (shown > bandwidth_) {
      bandwidth_ = shown;
      return;
    }
  }
  const Duration above = least_queue_over(patience()) - target();
  if (above < Milliseconds(2) || rates->delivered >= bandwidth_) return;
  // What jitter takes away it gives back.
  const std::optional<Rates> settled = rates_over(rate_span() + 8 * noise_);
  if (!settled || settled->delivered >= bandwidth_) return;
  // Twice running: once may be a delay that changed. A queue that is full grows no more, it loses.
  const std::optional<Rates> longer = rates_over(2 * rate_span());
  const Duration least = kGrowth + 2 * noise_;
  const bool grows = longer && rates->growth >= least && longer->growth - rates->growth >= least;
  const bool overflows = settled->lost >= kOverflowOctets && settled->lost_share >= kOverflowShare;
  if (!grows && !overflows) return;
  const double weight = std::clamp(seconds(above) / 0.015, 0.25, 1.0);
  bandwidth_ += (std::max(rates->delivered, settled->delivered) - bandwidth_) * weight;
  bandwidth_ = std::max(bandwidth_, kLeastBandwidth);
}

// So little was sent that any queue of ours is gone, all of it arrived as it was sent, and still
// every packet was late: what they waited for is not of our making, and less would not make it
// shorter. Unless it stands still, at most the jitter counts: a rate that is thought too high looks
// like this, too.
void RateController::notice_foreign_delay() {
  if (count_ < 2) return;
  const Sample& newest = sample(0);
  Duration least = queue_of(newest);
  Duration most = least;
  // What steers to the target sends the next packet when the queue is that long.
  const Duration ours = target() + to_duration(kFullPacket / bandwidth_);
  for (std::size_t age = 1; age < count_; ++age) {
    const Sample& base = sample(age);
    least = std::min(least, queue_of(base));
    most = std::max(most, queue_of(base));
    if (least <= ours) return;
    const auto sent = static_cast<double>(newest.sent - base.sent);
    const double sending = seconds(newest.sent_at - base.sent_at);
    const double needed = sent / bandwidth_;
    const Duration span = newest.at - base.at;
    const bool is_still = seconds(most - least) < kStillShare * kFullPacket / bandwidth_;
    const bool has_drained = span >= kForeignSpan && needed <= kForeignLoad * sending &&
                             sending - needed >= seconds(queue_of(base));
    if (!has_drained && !(is_still && span >= kStillSpan)) continue;
    const auto arrived = static_cast<double>(newest.delivered - base.delivered);
    if (arrived < kForeignArrived * sent) return;
    foreign_ = is_still ? foreign_ + least : std::min(foreign_ + least, noise_);
    return;
  }
}

void RateController::fade_foreign_delay() {
  if (count_ < 2) return;
  const double time = queue_of(sample(0)) > target() ? kForeignTimeLate : kForeignTime;
  const double step = seconds(sample(0).at - sample(1).at);
  foreign_ -= to_duration(seconds(foreign_) * std::min(1.0, step / time));
}

// Each report that is recent enough says what queue its last packet met; what was sent since has
// come on top, and what the path carried meanwhile is gone.
void RateController::set_model() {
  const Duration window = patience();
  std::optional<double> least;
  for (std::size_t age = 0; age < count_; ++age) {
    const Sample& each = sample(age);
    if (age > 0 && sample(0).at - each.at > window) break;
    const double anchor = seconds(queue_of(each)) + seconds(each.sent_at) -
                          static_cast<double>(each.sent) / bandwidth_;
    if (!least || anchor < *least) least = anchor;
  }
  model_ = least.value_or(0);
  Sample& newest = samples_[newest_];
  const double met = model_queue(model_, bandwidth_, newest.sent, newest.sent_at);
  newest.modelled = std::max(Duration(0), to_duration(met));
}

Duration RateController::target() const {
  const Duration packets = bandwidth_ > 0 ? to_duration(2 * kFullPacket / bandwidth_) : Duration(0);
  return std::max<Duration>(kTarget, std::min<Duration>(packets, Milliseconds(50))) +
         to_duration(kOffset * seconds(noise_));
}

Duration RateController::queue(TimePoint now) const {
  if (!constrained_) return Duration(0);
  const double value = model_queue(model_, bandwidth_, history_.total(), now);
  return std::max(Duration(0), to_duration(value));
}

double RateController::rate(TimePoint now) const {
  double value = constrained_ ? bandwidth_ * gain(now) : 0;
  const double limit = static_cast<double>(limit_bps_) / kBitsPerOctet;
  if (limit_bps_ != 0) value = constrained_ ? std::min(value, limit) : limit;
  return value;
}

void RateController::refill(TimePoint now) {
  if (now <= refilled_) return;
  if (constrained_) {
    // The model's queue does not get shorter than nothing.
    const double value = model_queue(model_, bandwidth_, history_.total(), now);
    if (value < 0) model_ -= value;
  }
  rate_ = rate(now);
  const double burst = std::max(rate_ * seconds(kBurst), static_cast<double>(kLeastBurst));
  const double fresh = rate_ * seconds(now - refilled_);
  budget_ = std::min(burst, budget_ + fresh);
  kept_ = std::min(static_cast<double>(kLeastBurst), kept_ + kKeptShare * fresh);
  refilled_ = now;
}

std::uint64_t RateController::rate_bps() const {
  return is_constrained() ? std::max<std::uint64_t>(1, to_bps(rate_)) : 0;
}

std::uint64_t RateController::bandwidth_bps() const { return to_bps(bandwidth_); }

std::uint64_t RateController::budget(TimePoint now) {
  if (!is_constrained()) return std::numeric_limits<std::uint64_t>::max();
  refill(now);
  return static_cast<std::uint64_t>(std::max(0.0, available()));
}

TimePoint RateController::next_budget(std::size_t octets, TimePoint now) {
  if (!is_constrained()) return now;
  refill(now);
  const double burst = std::max(rate_ * seconds(kBurst), static_cast<double>(kLeastBurst));
  const double wanted = std::min(static_cast<double>(octets), burst);
  if (available() >= wanted) return now;
  const double time = std::min((wanted - budget_) / rate_, (wanted - kept_) / (kKeptShare * rate_));
  return now + to_duration(time) + Duration(1);
}

}  // namespace hawser
