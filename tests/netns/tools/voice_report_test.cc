// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/voice_report.h"

#include <gtest/gtest.h>

#include "tests/netns/tools/emodel.h"

namespace hawser::lab {
namespace {

constexpr TimePoint kStart{Seconds(100)};
constexpr Milliseconds kBuffer{60};

TEST(EModel, KnownPoints) {
  // Nothing wrong at all: R 93.2, MOS 4.41 (G.107 annex B).
  EXPECT_NEAR(r_factor({}), 93.2, 1e-9);
  EXPECT_NEAR(mean_opinion_score(93.2), 4.41, 0.005);
  // G.107 table B.1: R 90, 80, 70, 60, 50 are MOS 4.34, 4.03, 3.60, 3.10, 2.58.
  EXPECT_NEAR(mean_opinion_score(90), 4.34, 0.01);
  EXPECT_NEAR(mean_opinion_score(80), 4.03, 0.01);
  EXPECT_NEAR(mean_opinion_score(70), 3.60, 0.01);
  EXPECT_NEAR(mean_opinion_score(60), 3.10, 0.01);
  EXPECT_NEAR(mean_opinion_score(50), 2.58, 0.01);
  EXPECT_EQ(mean_opinion_score(-5), 1);
  EXPECT_EQ(mean_opinion_score(101), 4.5);
  // Delay: 100 ms cost 2.4; above 177.3 ms it gets steep: 300 ms cost 7.2 + 13.497.
  EXPECT_NEAR(r_factor({.mouth_to_ear_ms = 100}), 90.8, 1e-9);
  EXPECT_NEAR(r_factor({.mouth_to_ear_ms = 300}), 93.2 - 7.2 - 13.497, 1e-9);
  // Loss: 2 % at random cost 95 x 2 / (2 + 25.1); in bursts twice as long more.
  EXPECT_NEAR(r_factor({.loss = 0.02}), 93.2 - 190 / 27.1, 1e-9);
  EXPECT_NEAR(r_factor({.loss = 0.02, .burst_ratio = 2}), 93.2 - 190 / 26.1, 1e-9);
  EXPECT_EQ(r_factor({.mouth_to_ear_ms = 2000, .loss = 0.9}), 0);
}

VoiceTrace steady_call(std::uint32_t packets, Duration delay) {
  VoiceTrace trace;
  for (std::uint32_t i = 0; i < packets; ++i) {
    const TimePoint sent = kStart + Milliseconds(20) * i;
    trace.add(i, sent, sent + delay);
  }
  return trace;
}

TEST(VoiceReport, SteadyCall) {
  const VoiceReport report = judge_voice(steady_call(1000, Milliseconds(20)), 1000, kBuffer);
  EXPECT_EQ(report.received, 1000u);
  EXPECT_EQ(report.lost, 0u);
  EXPECT_EQ(report.longest_loss_run, 0u);
  EXPECT_DOUBLE_EQ(report.longest_gap_ms, 20);
  EXPECT_DOUBLE_EQ(report.delay_mean_ms, 20);
  EXPECT_DOUBLE_EQ(report.jitter_ms, 0);
  EXPECT_NEAR(report.r, 93.2 - 0.024 * 80, 1e-9);
}

TEST(VoiceReport, RunsGapsAndBursts) {
  VoiceTrace trace = steady_call(1000, Milliseconds(20));
  for (const std::size_t i : {100u, 101u, 102u, 500u}) trace.packets[i].received.reset();
  const VoiceReport report = judge_voice(trace, 1002, kBuffer);
  EXPECT_EQ(report.lost, 6u);
  EXPECT_EQ(report.longest_loss_run, 3u);
  EXPECT_DOUBLE_EQ(report.longest_gap_ms, 80);
  EXPECT_NEAR(report.burst_ratio, 2 * (1 - 6 / 1002.), 1e-9);  // bursts of 3, 1 and the last 2
}

TEST(VoiceReport, LateOnesAreNotHeard) {
  VoiceTrace trace = steady_call(100, Milliseconds(20));
  *trace.packets[50].received += Milliseconds(60);  // just in time
  *trace.packets[70].received += Milliseconds(61);
  const VoiceReport report = judge_voice(trace, 100, kBuffer);
  EXPECT_EQ(report.lost, 0u);
  EXPECT_EQ(report.late, 1u);
  EXPECT_DOUBLE_EQ(report.delay_max_ms, 81);
  EXPECT_NEAR(report.r, 93.2 - 0.024 * 80 - 95 / (1 + 25.1), 1e-9);
}

TEST(VoiceReport, JitterByRfc3550) {
  VoiceTrace trace;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const TimePoint sent = kStart + Milliseconds(20) * i;
    trace.add(i, sent, sent + Milliseconds(i % 2 == 0 ? 10 : 14));
  }
  EXPECT_NEAR(judge_voice(trace, 2000, kBuffer).jitter_ms, 4, 0.01);
}

TEST(VoiceReport, DuplicatesAndReordering) {
  VoiceTrace trace;
  for (const std::uint32_t i : {0u, 1u, 3u, 2u, 4u, 4u}) {
    const TimePoint sent = kStart + Milliseconds(20) * i;
    trace.add(i, sent, sent + Milliseconds(i == 2 ? 45 : 20));
  }
  const VoiceReport report = judge_voice(trace, 5, kBuffer);
  EXPECT_EQ(report.duplicated, 1u);
  EXPECT_EQ(report.reordered, 1u);
  EXPECT_EQ(report.received, 5u);
}

TEST(VoiceReport, SilenceIsTheWorstCall) {
  const VoiceReport report = judge_voice({}, 1000, kBuffer);
  EXPECT_EQ(report.lost, 1000u);
  EXPECT_EQ(report.longest_loss_run, 1000u);
  EXPECT_EQ(report.mos, 1);
}

}  // namespace
}  // namespace hawser::lab
