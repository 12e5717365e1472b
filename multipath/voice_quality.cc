// SPDX-License-Identifier: Apache-2.0
#include "multipath/voice_quality.h"

#include <algorithm>
#include <chrono>

namespace hawser {
namespace {

constexpr double kBest = 93.2;
// G.113 appendix I, G.711 with packet loss concealment.
constexpr double kLossRobustness = 25.1;
constexpr double kLossSpan = 95;
// A packet of a call holds 20 ms, which pass before it is sent.
constexpr Duration kFrame = Milliseconds(20);

// The usual short form of G.107's Id for a connection without echo.
double delay_impairment(Duration mouth_to_ear) {
  const double ms = std::chrono::duration<double, std::milli>(mouth_to_ear).count();
  return 0.024 * ms + 0.11 * std::max(0.0, ms - 177.3);
}

// G.107 equation 7-29, Ie,eff. BurstR is the mean run of losses over that of random loss.
double loss_impairment(double loss, double burst) {
  if (loss <= 0) return 0;
  const double percent = 100 * std::min(loss, 1.0);
  const double burst_ratio = std::max(1.0, burst * (1 - std::min(loss, 1.0)));
  return kLossSpan * percent / (percent / burst_ratio + kLossRobustness);
}

}  // namespace

double voice_r_factor(const VoiceConditions& conditions) {
  const double r = kBest - delay_impairment(mouth_to_ear(conditions)) -
                   loss_impairment(conditions.loss, conditions.loss_burst);
  return std::max(0.0, r);
}

Duration mouth_to_ear(const VoiceConditions& conditions) {
  return kFrame + conditions.one_way + 2 * conditions.jitter;
}

double voice_mos(double r_factor) {
  if (r_factor <= 0) return 1;
  const double r = std::min(r_factor, 100.0);
  return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

}  // namespace hawser
