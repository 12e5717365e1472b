// SPDX-License-Identifier: Apache-2.0
// When a path is no longer free.
#include <algorithm>
#include <chrono>

#include "multipath/rate_controller.h"

namespace hawser {
namespace {

// A queue above this, jitter taken off, stands.
constexpr Duration kStanding = Milliseconds(10);
constexpr Duration kStandingMax = Milliseconds(120);
constexpr std::uint64_t kStandingOctets = 48000;
constexpr std::uint64_t kStandingOctetsFirst = 200000;  // before the jitter is known
constexpr std::uint64_t kLeastOctets = 16000;
constexpr Duration kIdle = Milliseconds(120);
constexpr Duration kOverflowing = Milliseconds(40);
constexpr Duration kOverflowingSurely = Milliseconds(120);  // whatever the jitter is
constexpr Duration kOverflowTime = Milliseconds(250);
constexpr Duration kBurstMax = Milliseconds(300);
constexpr Duration kLossSpan = Milliseconds(200);
// A path without a queue that delivers less than that share of what is sent has a policer.
constexpr double kPoliced = 0.88;
constexpr double kPolicedLoss = 0.08;
constexpr double kPolicedOctets = 16000;

}  // namespace

bool RateController::is_overloaded(const PathEstimate& estimate) const {
  return count_ >= 3 &&
         (queue_overflows() || queue_stands() || is_overrun() || is_policed(estimate));
}

// Longer than jitter makes one packet wait, and for more than a few of them.
bool RateController::queue_overflows() const {
  const Duration threshold = kOverflowing + 4 * noise_;
  const Sample& newest = sample(0);
  Duration least = queue_of(newest);
  for (std::size_t age = 0; age < count_; ++age) {
    const Sample& each = sample(age);
    least = std::min(least, queue_of(each));
    if (least <= threshold) return false;
    const bool is_sure = knows_noise() || least > kOverflowingSurely;
    const std::uint64_t octets = newest.delivered - each.delivered;
    if (octets >= (is_sure ? kStandingOctets : kStandingOctetsFirst)) return true;
    if (!is_sure) continue;
    if (octets >= kLeastOctets && newest.at - each.at >= kOverflowTime) return true;
  }
  return false;
}

// A burst was so much longer when it came than when it was sent that the path was full meanwhile,
// although it may be idle until the next one.
bool RateController::is_overrun() const {
  if (!knows_noise()) return false;
  const Duration threshold = kStanding + 9 * noise_ / 2;
  const Sample& newest = sample(0);
  if (queue_of(newest) <= threshold) return false;
  for (std::size_t age = 1; age < count_; ++age) {
    const Sample& base = sample(age);
    const Duration arriving = newest.at - base.at;
    if (arriving > kBurstMax) return false;
    const Duration sending = newest.sent_at - base.sent_at;
    if (newest.delivered - base.delivered >= kStandingOctets && arriving - sending > threshold &&
        newest.queue - base.queue > threshold) {
      return true;
    }
  }
  return false;
}

// Everything of some time and some packets met a queue, and the path was never idle between.
bool RateController::queue_stands() const {
  const Duration threshold = std::min<Duration>(kStanding + 9 * noise_ / 2, kStandingMax);
  // As long as the jitter is not known, it is a queue only if much went through it.
  const std::uint64_t octets = !knows_noise() ? kStandingOctetsFirst : kStandingOctets;
  const Duration window = std::clamp<Duration>(rtt_min_, Milliseconds(50), Milliseconds(100));
  const Sample& newest = sample(0);
  for (std::size_t age = 0; age < count_; ++age) {
    const Sample& each = sample(age);
    if (queue_of(each) <= threshold) return false;
    if (newest.at - each.at >= window && newest.delivered - each.delivered >= octets) {
      return true;
    }
    if (age + 1 < count_ && each.at - sample(age + 1).at > each.queue + kIdle) return false;
  }
  return false;
}

// No queue, but packets above a rate are lost.
bool RateController::is_policed(const PathEstimate& estimate) const {
  if (estimate.loss < kPolicedLoss) return false;
  const Duration span = std::max(rtt_, kLossSpan);
  const std::optional<Rates> rates = rates_over(span);
  if (!rates || rates->delivered >= kPoliced * rates->sent) return false;
  // Of a few packets so many may be lost by chance, or when the link was dark.
  return rates->sent * std::chrono::duration<double>(span).count() >= kPolicedOctets;
}

}  // namespace hawser
