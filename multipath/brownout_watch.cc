// SPDX-License-Identifier: Apache-2.0
#include "multipath/brownout_watch.h"

#include <algorithm>

namespace hawser {
namespace {

// The goal is to leave a path that loses a fifth, or whose round trip became five times as long.
// The limits lie below that: what is measured over a few hundred milliseconds varies.
constexpr double kBadLoss = 0.15;
constexpr double kStillBadLoss = 0.08;
constexpr Duration kWindow = Milliseconds(300);
constexpr std::uint64_t kPacketsMin = 20;
constexpr std::uint64_t kLostMin = 4;
// A sender that overruns a queue loses packets too, for some round trips. The rate control ends
// that; if it goes on for so long, the path is too thin for what is on it.
constexpr Duration kQueueingWindow = Seconds(1);
constexpr Duration kQueueing = Milliseconds(30);

// A loss on a path that hardly has any is asked about.
constexpr double kCleanLoss = 0.01;
constexpr Duration kSurprise = Milliseconds(200);
constexpr std::uint64_t kFewPackets = 30;
constexpr double kSuspiciousLoss = 0.1;
constexpr double kUsualGain = 1.0 / 64;

constexpr int kSlowFactor = 4;
constexpr Duration kSlowMin = Milliseconds(120);  // above the least: more than a full queue
constexpr unsigned kSlowCount = 3;
constexpr Duration kSlowFor = Milliseconds(100);
constexpr Duration kSlowMemory = Seconds(2);

constexpr Duration kWellWindow = Seconds(2);
constexpr std::uint64_t kWellPackets = 10;

std::string in_milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<Milliseconds>(duration).count()) + " ms";
}

std::string in_percent(double share) {
  return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

}  // namespace

double BrownoutWatch::Window::loss() const {
  return packets == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(packets);
}

// Between the last samples up to both times. A packet that was lost and comes after all is taken
// back from the count, so differences may be negative.
BrownoutWatch::Window BrownoutWatch::window(TimePoint from, TimePoint to) const {
  Window window;
  const Sample* last = nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    const Sample& sample = samples_[(next_ + kSamples - 1 - i) % kSamples];
    if (sample.when > to) continue;
    if (last == nullptr) {
      last = &sample;
      window.is_queueing = true;
    }
    window.is_queueing = window.is_queueing && sample.is_queueing;
    if (last->lost < sample.lost || last->delivered < sample.delivered) break;
    window.lost = last->lost - sample.lost;
    window.packets = last->delivered - sample.delivered + window.lost;
    window.length = last->when - sample.when;
    if (sample.when <= from) break;
  }
  return window;
}

void BrownoutWatch::handle_estimate(const PathEstimate& estimate, TimePoint now) {
  if (estimate.rtt_min) rtt_min_ = estimate.rtt_min;
  if (estimate.rtt_latest && *estimate.rtt_latest != round_trip_) {
    judge_round_trip(*estimate.rtt_latest, now);
  }
  const Sample* last = count_ == 0 ? nullptr : &samples_[(next_ + kSamples - 1) % kSamples];
  if (last != nullptr && last->delivered == estimate.delivered_packets &&
      last->lost == estimate.lost_packets) {
    return;
  }
  const bool has_lost = last != nullptr && estimate.lost_packets > last->lost;
  const Duration standing = estimate.queueing_floor.value_or(estimate.queueing);
  samples_[next_] = {.when = now,
                     .delivered = estimate.delivered_packets,
                     .lost = estimate.lost_packets,
                     .is_queueing = standing >= kQueueing};
  next_ = (next_ + 1) % kSamples;
  count_ = std::min(count_ + 1, kSamples);
  if (has_lost) {
    const Window recent = window(now - kWindow, now);
    const bool is_rare = usual_loss_ < kCleanLoss && recent.packets < kFewPackets;
    if (is_rare || (recent.lost >= 2 && recent.loss() >= kSuspiciousLoss)) surprised_ = now;
  }
  usual_loss_ += (estimate.loss - usual_loss_) * kUsualGain;
}

void BrownoutWatch::note_round_trip(Duration round_trip, TimePoint now) {
  judge_round_trip(round_trip, now);
}

Duration BrownoutWatch::slow_limit() const {
  return std::max(*rtt_min_ * kSlowFactor, *rtt_min_ + kSlowMin);
}

void BrownoutWatch::judge_round_trip(Duration round_trip, TimePoint now) {
  round_trip_ = round_trip;
  if (!rtt_min_ || round_trip < slow_limit()) {
    slow_since_.reset();
    slow_count_ = 0;
    return;
  }
  if (!slow_since_) slow_since_ = now;
  slow_latest_ = now;
  ++slow_count_;
}

bool BrownoutWatch::wants_probes(TimePoint now) const {
  return (surprised_ && now < *surprised_ + kSurprise) ||
         (slow_since_ && now < slow_latest_ + kSurprise && now < *slow_since_ + kSlowMemory);
}

bool BrownoutWatch::is_lossy(TimePoint now) const {
  const Window all = window(now - kWindow, now);
  if (all.packets < kPacketsMin || all.lost < kLostMin || all.loss() < kBadLoss) return false;
  // One burst is no brown-out: both halves have to be bad.
  if (window(now - kWindow / 2, now).loss() < kStillBadLoss) return false;
  if (window(now - kWindow, now - kWindow / 2).loss() < kStillBadLoss) return false;
  if (!all.is_queueing) return true;
  const Window longer = window(now - kQueueingWindow, now);
  return longer.length >= kQueueingWindow * 3 / 4 && longer.loss() >= kBadLoss;
}

std::optional<std::string> BrownoutWatch::verdict(TimePoint now) const {
  if (slow_since_ && slow_count_ >= kSlowCount && slow_latest_ - *slow_since_ >= kSlowFor &&
      now < slow_latest_ + kSlowMemory) {
    return "its round trip takes " + in_milliseconds(round_trip_) + ", it took " +
           in_milliseconds(*rtt_min_);
  }
  if (!is_lossy(now)) return std::nullopt;
  return "it loses " + in_percent(window(now - kWindow, now).loss()) + " of the packets";
}

bool BrownoutWatch::is_well(TimePoint now) const {
  if (slow_since_ && now < slow_latest_ + kSlowMemory) return false;
  const Window recent = window(now - kWellWindow, now);
  return recent.packets >= kWellPackets ? recent.loss() < kStillBadLoss : !is_lossy(now);
}

}  // namespace hawser
