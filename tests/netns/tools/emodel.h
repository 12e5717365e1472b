// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hawser::lab {

// What ITU-T G.107 (the E-model) needs to know of a one-way voice transmission.
struct VoiceQuality {
  double mouth_to_ear_ms = 0;  // network, and the receiver's playout buffer
  double loss = 0;             // share of packets not played, 0..1
  // Mean length of the bursts of loss over that of random loss at the same rate; 1 is random.
  double burst_ratio = 1;
  // The codec; the default is G.711 with packet loss concealment (G.113 appendix I).
  double equipment_impairment = 0;  // Ie
  double loss_robustness = 25.1;    // Bpl
};

// R = 93.2 - Id - Ie,eff: 0 (useless) to 93.2; 80 and more is good, 70 acceptable.
double r_factor(const VoiceQuality& quality);

// The mean opinion score that goes with R: 1 (bad) to 4.5 (excellent).
double mean_opinion_score(double r);

}  // namespace hawser::lab
