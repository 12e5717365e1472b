// SPDX-License-Identifier: Apache-2.0
#include "multipath/delay_meter.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }
double ms(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

TEST(DelayMeter, LowestAndMeanSinceTheLastReport) {
  DelayMeter meter;
  EXPECT_EQ(meter.take(at(0)), std::nullopt);
  meter.note(to_stamp(at(1000)), at(30));  // the clocks differ by about a second
  meter.note(to_stamp(at(1010)), at(60));
  meter.note(to_stamp(at(1020)), at(50));
  const PathReport::Timing timing = meter.take(at(53)).value();
  EXPECT_EQ(timing.echo, to_stamp(at(1020)));
  EXPECT_EQ(timing.held, Duration(Milliseconds(3)));
  EXPECT_NEAR(ms(stamp_difference(timing.delay, 0)), -970, 0.13);
  EXPECT_NEAR(ms(timing.delay_mean), (0 + 20 + 0) / 3.0, 0.13);
  EXPECT_EQ(meter.take(at(60)), std::nullopt) << "nothing came since";
}

TEST(DelayMeter, TheNewestStampIsEchoedWhateverCameLast) {
  DelayMeter meter;
  meter.note(to_stamp(at(20)), at(50));
  meter.note(to_stamp(at(10)), at(55));
  const PathReport::Timing timing = meter.take(at(60)).value();
  EXPECT_EQ(timing.echo, to_stamp(at(20)));
  EXPECT_EQ(timing.held, Duration(Milliseconds(10)));
}

TEST(DelayMeter, JitterIsThatOfRfc3550) {
  DelayMeter meter;
  for (int i = 0; i < 1000; ++i) meter.note(to_stamp(at(10 * i)), at(10 * i + (i % 2) * 8));
  EXPECT_NEAR(ms(meter.jitter()), 8, 0.1) << "each differs from the one before by 8 ms";
  for (int i = 1000; i < 2000; ++i) meter.note(to_stamp(at(10 * i)), at(10 * i));
  EXPECT_LT(ms(meter.jitter()), 0.07);
}

TEST(DelayMeter, StampsMayWrap) {
  DelayMeter meter;
  const ShimStamp before = UINT32_MAX - 100;  // 6 ms before it goes round
  meter.note(before, at(0));
  meter.note(before + (1 << 14) / 100, at(10));
  const PathReport::Timing timing = meter.take(at(10)).value();
  EXPECT_LT(ms(timing.delay_mean), 0.13);
  EXPECT_EQ(timing.echo, before + 163);
  EXPECT_LT(ms(meter.jitter()), 0.01);
}

TEST(DelayMeter, WildStampsDoNotOverflow) {
  DelayMeter meter;
  for (std::uint32_t i = 0; i < 200'000; ++i) meter.note(i % 2 == 0 ? 0 : 0x80000000u, at(0));
  const PathReport::Timing timing = meter.take(at(0)).value();
  EXPECT_LE(timing.delay_mean, Duration(Seconds(60)));
}

}  // namespace
}  // namespace hawser
