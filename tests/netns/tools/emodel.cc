// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/emodel.h"

#include <algorithm>

namespace hawser::lab {
namespace {

// The usual short form of G.107's Id for a connection without echo.
double delay_impairment(double ms) {
  const double beyond = std::max(0.0, ms - 177.3);
  return 0.024 * ms + 0.11 * beyond;
}

// G.107 equation 7-29: Ie,eff.
double loss_impairment(const VoiceQuality& quality) {
  const double percent = 100 * quality.loss;
  if (percent <= 0) return quality.equipment_impairment;
  return quality.equipment_impairment +
         (95 - quality.equipment_impairment) * percent /
             (percent / quality.burst_ratio + quality.loss_robustness);
}

}  // namespace

double r_factor(const VoiceQuality& quality) {
  const double r = 93.2 - delay_impairment(quality.mouth_to_ear_ms) - loss_impairment(quality);
  return std::max(0.0, r);
}

double mean_opinion_score(double r) {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

}  // namespace hawser::lab
