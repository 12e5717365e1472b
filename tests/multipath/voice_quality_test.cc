// SPDX-License-Identifier: Apache-2.0
#include "multipath/voice_quality.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "tests/netns/tools/emodel.h"

namespace hawser {
namespace {

TEST(VoiceQuality, OfAPerfectPath) {
  const double r = voice_r_factor({});
  EXPECT_NEAR(r, 93.2 - 0.024 * 20, 1e-9) << "only the packet's own 20 ms";
  EXPECT_NEAR(voice_mos(r), 4.40, 0.01);
}

// Figures that G.107 and G.113 are usually quoted with.
TEST(VoiceQuality, GetsWorseAsPeopleFindIt) {
  EXPECT_LT(voice_r_factor({.one_way = Milliseconds(380)}), 70) << "400 ms: many dissatisfied";
  EXPECT_GT(voice_r_factor({.one_way = Milliseconds(80)}), 90) << "100 ms: very satisfied";
  EXPECT_LT(voice_r_factor({.loss = 0.2}), 60) << "a brown-out";
  EXPECT_LT(voice_r_factor({.loss = 0.05, .loss_burst = 4}), voice_r_factor({.loss = 0.05}));
  EXPECT_LT(voice_r_factor({.jitter = Milliseconds(100)}), voice_r_factor({}));
  EXPECT_EQ(voice_r_factor({.one_way = Seconds(10), .loss = 1}), 0);
  EXPECT_EQ(voice_mos(0), 1);
  EXPECT_EQ(voice_mos(120), 4.5);
}

// The lab's tool judges calls that were made; it must not disagree with the forecast.
TEST(VoiceQuality, AgreesWithTheLabsModel) {
  for (int ms = 0; ms <= 600; ms += 25) {
    for (const double loss : {0.0, 0.001, 0.01, 0.05, 0.2, 0.9}) {
      for (const double burst : {0.0, 1.0, 3.0, 20.0}) {
        const VoiceConditions conditions{.one_way = Milliseconds(ms),
                                         .jitter = Milliseconds(ms / 10),
                                         .loss = loss,
                                         .loss_burst = burst};
        const lab::VoiceQuality lab{
            .mouth_to_ear_ms =
                std::chrono::duration<double, std::milli>(mouth_to_ear(conditions)).count(),
            .loss = loss,
            .burst_ratio = std::max(1.0, burst * (1 - loss))};
        const double r = voice_r_factor(conditions);
        EXPECT_NEAR(r, lab::r_factor(lab), 1e-9);
        EXPECT_NEAR(voice_mos(r), lab::mean_opinion_score(r), 1e-9);
      }
    }
  }
}

}  // namespace
}  // namespace hawser
