// SPDX-License-Identifier: Apache-2.0
// How much above or below the known rate is sent, and what is tried to find a higher one.
#include <algorithm>
#include <array>
#include <chrono>

#include "multipath/rate_controller.h"

namespace hawser {
namespace {

// How far above the target the rate is halved.
constexpr double kHalvedAt = 0.050;
constexpr double kLeastGain = 0.5;
constexpr double kDrainGain = 0.75;
// Of the known rate: with less nothing more was tried.
constexpr double kTried = 0.95;

// Growing surpluses, tried one after the other while no queue comes of them.
struct Surplus {
  Duration queue;  // beyond the target
  double gain;     // at most
};
constexpr std::array<Surplus, 4> kSurpluses{{{Duration(0), 1.05},
                                             {Milliseconds(5), 1.2},
                                             {Milliseconds(10), 1.35},
                                             {Milliseconds(20), 1.6}}};

// What is tried whatever the queue is; the longer the pause, the more often it was in vain.
constexpr double kTrialGain = 1.4;
constexpr double kTrialGrowth = 1.1;
constexpr Duration kTrialPauseMax = Seconds(8);
// With less jitter the queue tells enough.
constexpr Duration kTrialNoise = Milliseconds(3);
// With so much no queue shows although there may be one; and what was not tried, because too little
// waited, is tried again at once.
constexpr Duration kMuchNoise = Milliseconds(8);

// All workers empty the queues of their paths at once from time to time, by their common clock:
// else what stands there would become the least delay that is known.
constexpr Duration kRefreshInterval = Seconds(4);
constexpr Duration kRefreshFor = Milliseconds(60);

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
bool is_refreshing(TimePoint now) {
  return now.time_since_epoch() % kRefreshInterval < kRefreshFor;
}

}  // namespace

void RateController::choose_surplus(const PathEstimate& estimate, TimePoint now) {
  const Duration queue = least_queue_over(patience());
  if (queue > target() || !waiting_ || is_policed(estimate)) {
    surplus_ = 0;
    surplus_since_ = now;
    return;
  }
  // What is tried now shows after a round trip and a report.
  if (queue >= target() - kTarget / 2 || sample(0).sent_at < surplus_since_ + rate_span()) return;
  // What waited for a moment only has not tried it.
  const std::optional<Rates> rates = rates_over(rate_span());
  if (!rates || rates->sent < kTried * bandwidth_) return;
  if (surplus_ + 1 == kSurpluses.size()) {
    // Much jitter hides a queue, and all that waits would fill it at once.
    if (noise_ < kMuchNoise) set_free();
    return;
  }
  ++surplus_;
  surplus_since_ = now;
}

// Jitter, and a queue that others fill, hide what the path can do: from time to time much more
// is sent for a moment. If that much arrives, it is tried again at once.
void RateController::follow_trial(const PathEstimate& estimate, TimePoint now) {
  if (trial_.until) {
    if (sample(0).sent_at < *trial_.until) return;
    trial_.until.reset();
    const bool was_tried = trial_.sent >= trial_.enough;
    const bool grew = bandwidth_ >= kTrialGrowth * trial_.before;
    if (grew) {
      trial_.pause = Duration(0);
    } else if (was_tried) {
      trial_.pause = std::clamp<Duration>(2 * trial_.pause, kTrialPause, kTrialPauseMax);
    }
    const bool again = !was_tried && noise_ >= kMuchNoise;
    trial_.next = again ? now : now + std::max(trial_.pause, grew ? Duration(0) : kTrialPause);
  }
  if (!waiting_ || noise_ < kTrialNoise || now < trial_.next || is_policed(estimate)) return;
  trial_.before = bandwidth_;
  const Duration span = rate_span() + 2 * noise_;
  trial_.until = now + span;
  trial_.sent = 0;
  trial_.enough = kTrialGrowth * bandwidth_ * seconds(span);
}

double RateController::gain(TimePoint now) const {
  if (trial_.until && now < *trial_.until) return kTrialGain;
  const double queue_now = seconds(queue(now));
  if (is_refreshing(now)) return queue_now > 0.0005 ? kDrainGain : 1;
  const Surplus& surplus = kSurpluses[surplus_];
  const double wanted = seconds(target() + surplus.queue);
  if (queue_now > wanted) {
    return std::max(kLeastGain, 1 - (queue_now - wanted) * (1 - kLeastGain) / kHalvedAt);
  }
  return 1 + (surplus.gain - 1) * std::min(1.0, 2 * (wanted - queue_now) / wanted);
}

}  // namespace hawser
