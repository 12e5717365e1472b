// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

namespace hawser {

// What a call in G.711 with loss concealment would be like over a path.
struct VoiceConditions {
  Duration one_way{0};    // of the network; half the round trip where nothing better is known
  Duration jitter{0};     // RFC 3550; the receiver is taken to buffer twice as much
  double loss = 0;        // share of packets
  double loss_burst = 0;  // mean length of a run of losses; 0: none yet
};

// With the packet's own 20 ms and the receiver's buffer.
Duration mouth_to_ear(const VoiceConditions& conditions);
// ITU-T G.107, with the values of G.113 appendix I for G.711: 0 (useless) to 93.2. 80 is good.
double voice_r_factor(const VoiceConditions& conditions);
// The mean opinion score of G.107 annex B: 1 to 4.5.
double voice_mos(double r_factor);

}  // namespace hawser
