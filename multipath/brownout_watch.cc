// SPDX-License-Identifier: Apache-2.0
#include "multipath/brownout_watch.h"

#include <algorithm>
#include <cmath>

namespace hawser {
namespace {

// The goal is to leave a path that loses a fifth, or whose round trip became five times as long.
// The limits lie below that: what is measured over a few hundred milliseconds varies.
constexpr double kBadLoss = 0.15;
constexpr double kStillBadLoss = 0.08;
constexpr Duration kWindow = Milliseconds(300);
constexpr std::uint64_t kManyPackets = 100;
// A sender that overruns a queue loses packets too, for some round trips. The rate control ends
// that; if it goes on for so long, the path is too thin for what is on it. When the last of these
// losses are told the queue may be gone.
constexpr Duration kQueueingWindow = Seconds(1);
constexpr Duration kQueueing = Milliseconds(30);
// When in a longer pause something was lost is not known: perhaps all while the path was dead.
constexpr Duration kSamplePause = Milliseconds(500);

// Where packets are few, a loss on a path that hardly has any, or two on another one, begin a
// trial: probes are sent, and what counts is what is lost after that.
constexpr double kCleanLoss = 0.003;
constexpr Duration kSurprise = Milliseconds(200);
constexpr double kSuspiciousLoss = 0.1;
constexpr std::uint64_t kTrialPackets = 12;
constexpr std::uint64_t kTrialLost = 4;
// It is bad when that is so many times as likely with the loss of a brown-out as with that of a
// path that is merely not good (a sequential probability ratio test, Wald 1945): chance alone comes
// to a ratio of R in one trial of R at most.
constexpr double kBrownoutLoss = 0.2;
constexpr double kPoorLoss = 0.02;
constexpr double kEvidence = 1000;
constexpr double kUsualGain = 1.0 / 64;

constexpr int kSlowFactor = 4;                    // of the least
constexpr Duration kSlowMin = Milliseconds(120);  // above the least: more than a full queue
constexpr int kSlowUsual = 3;                     // of the usual
constexpr int kSlowDeviations = 6;                // above the usual
constexpr int kUsualShare = 32;
constexpr unsigned kSlowCount = 3;
constexpr Duration kSlowFor = Milliseconds(100);
constexpr Duration kSlowMemory = Seconds(2);
constexpr Duration kSlowAccepted = Seconds(10);  // then it is a slower path

constexpr Duration kWellWindow = Seconds(2);
constexpr std::uint64_t kWellPackets = 10;

std::string in_milliseconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<Milliseconds>(duration).count()) + " ms";
}

std::string in_percent(double share) {
  return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

// By how much more `lost` of `packets` speak for a brown-out than for the usual: a logarithm.
double evidence(std::uint64_t lost, std::uint64_t packets, double usual_loss) {
  const double poor = std::clamp(usual_loss, kPoorLoss, kBrownoutLoss / 2);
  return static_cast<double>(lost) * std::log(kBrownoutLoss / poor) +
         static_cast<double>(packets - lost) * std::log((1 - kBrownoutLoss) / (1 - poor));
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
  TimePoint newer;
  for (std::size_t i = 0; i < count_; ++i) {
    const Sample& sample = samples_[(next_ + kSamples - 1 - i) % kSamples];
    if (sample.when > to) continue;
    if (last == nullptr) {
      last = &sample;
      newer = sample.when;
    }
    if (newer - sample.when > kSamplePause) break;
    newer = sample.when;
    if (last->lost < sample.lost || last->delivered < sample.delivered) break;
    window.is_queueing = window.is_queueing || sample.is_queueing;
    window.lost = last->lost - sample.lost;
    window.packets = last->delivered - sample.delivered + window.lost;
    if (sample.when <= from) break;
  }
  return window;
}

void BrownoutWatch::handle_estimate(const PathEstimate& estimate, TimePoint now) {
  if (estimate.rtt_min) rtt_min_ = estimate.rtt_min;
  if (estimate.rtt_latest && *estimate.rtt_latest != round_trip_) {
    note_round_trip(*estimate.rtt_latest, now);
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
  if (has_lost) note_loss(now);
  usual_loss_ += (estimate.loss - usual_loss_) * kUsualGain;
}

void BrownoutWatch::note_loss(TimePoint now) {
  const Window recent = window(now - kWindow, now);
  if (recent.packets >= kManyPackets) return;
  const bool is_rare = usual_loss_ < kCleanLoss;
  if (!is_rare && (recent.lost < 2 || recent.loss() < kSuspiciousLoss)) return;
  if (!surprised_ || now >= *surprised_ + kSurprise) trial_since_ = now;
  surprised_ = now;
}

Duration BrownoutWatch::slow_limit() const {
  const Duration usual = usual_round_trip_.value_or(*rtt_min_);
  return std::max({*rtt_min_ * kSlowFactor, *rtt_min_ + kSlowMin, usual * kSlowUsual,
                   usual + usual_deviation_ * kSlowDeviations});
}

void BrownoutWatch::note_round_trip(Duration round_trip, TimePoint now) {
  round_trip_ = round_trip;
  const bool is_accepted = slow_since_ && now - *slow_since_ >= kSlowAccepted;
  if (!rtt_min_ || is_accepted || round_trip < slow_limit()) {
    if (is_accepted) usual_round_trip_.reset();
    slow_since_.reset();
    slow_count_ = 0;
    learn_round_trip(round_trip);
    return;
  }
  if (!slow_since_) slow_since_ = now;
  slow_latest_ = now;
  ++slow_count_;
}

void BrownoutWatch::learn_round_trip(Duration round_trip) {
  if (!usual_round_trip_) {
    usual_round_trip_ = round_trip;
    usual_deviation_ = Duration(0);
    return;
  }
  const Duration error = round_trip - *usual_round_trip_;
  *usual_round_trip_ += error / kUsualShare;
  usual_deviation_ += (std::chrono::abs(error) - usual_deviation_) / kUsualShare;
}

bool BrownoutWatch::wants_probes(TimePoint now) const {
  return (surprised_ && now < *surprised_ + kSurprise) ||
         (slow_since_ && now < slow_latest_ + kSurprise && now < *slow_since_ + kSlowMemory);
}

bool BrownoutWatch::is_lossy(TimePoint now) const {
  const Window all = window(now - kWindow, now);
  if (all.loss() < kBadLoss) return false;
  if (all.packets < kManyPackets) {
    if (!trial_since_ || now >= *surprised_ + kSurprise) return false;
    const Window trial = window(*trial_since_, now);
    return trial.packets >= kTrialPackets && trial.lost >= kTrialLost &&
           evidence(trial.lost, trial.packets, usual_loss_) >= std::log(kEvidence);
  }
  // One burst is no brown-out: both halves have to be bad.
  if (window(now - kWindow / 2, now).loss() < kStillBadLoss) return false;
  if (window(now - kWindow, now - kWindow / 2).loss() < kStillBadLoss) return false;
  if (!all.is_queueing) return true;
  return window(now - kQueueingWindow, now - kQueueingWindow / 2).loss() >= kBadLoss &&
         window(now - kQueueingWindow / 2, now).loss() >= kBadLoss;
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
