// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_report.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace hawser {
namespace {

using Octets = std::vector<std::uint8_t>;

PathReport sample_report() {
  return {.number = 0x01020304,
          .path = PathId(5),
          .spi = Spi(0xa1a2a3a4),
          .highest = 0x11121314,
          .packets = 0x21222324,
          .octets = 0x31323334,
          .lost = 0x41424344,
          .loss_runs = 0x5152,
          .congested = 0x61626364,
          .newest_arrival = 0x71727374,
          .jitter = Milliseconds(125),
          .reorder_extent = 0x8182,
          .timing = PathReport::Timing{.echo = 0x91929394,
                                       .held = Milliseconds(250),
                                       .delay = 0xb1b2b3b4,
                                       .delay_mean = Milliseconds(500)}};
}

Octets serialized(const PathReport& report) {
  Octets octets(kPathReportSize);
  report.serialize(octets.data());
  return octets;
}

TEST(PathReport, IsAsDrawn) {
  const Octets expected{0x60, 0,    0,    0,    1,    2,    3,    4,     // shim
                        0,    5,    0x51, 0x52, 0xa1, 0xa2, 0xa3, 0xa4,  // path, runs, SPI
                        0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24,  // highest, packets
                        0x31, 0x32, 0x33, 0x34, 0x41, 0x42, 0x43, 0x44,  // octets, lost
                        0x61, 0x62, 0x63, 0x64, 0x71, 0x72, 0x73, 0x74,  // CE, newest arrival
                        0x91, 0x92, 0x93, 0x94, 0x10, 0x00, 0x20, 0x00,  // echo, held, jitter
                        0xb1, 0xb2, 0xb3, 0xb4, 0x20, 0x00, 0x81, 0x82};
  EXPECT_EQ(serialized(sample_report()), expected);
}

TEST(PathReport, ComesBackAsItWas) {
  EXPECT_EQ(PathReport::parse(serialized(sample_report())), sample_report());
  PathReport without = sample_report();
  without.timing.reset();
  EXPECT_EQ(PathReport::parse(serialized(without)), without);
  PathReport farewell = sample_report();
  farewell.is_down = true;
  EXPECT_EQ(PathReport::parse(serialized(farewell)), farewell);
}

TEST(PathReport, MayCarryAStampInItsShimHeader) {
  const Octets plain = serialized(sample_report());
  ShimHeader shim = ShimHeader::parse(plain).value();
  shim.stamp = 77;
  Octets stamped(shim.size());
  shim.serialize(stamped.data());
  stamped.insert(stamped.end(), plain.begin() + kShimSize, plain.end());
  EXPECT_EQ(PathReport::parse(stamped), sample_report());
}

TEST(PathReport, RefusesEveryOtherSizeAndType) {
  Octets octets = serialized(sample_report());
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_EQ(PathReport::parse(ByteSpan(octets).first(size)), std::nullopt) << size;
  }
  octets.push_back(0);
  EXPECT_EQ(PathReport::parse(octets), std::nullopt);
  octets.pop_back();
  octets[0] = 0x40;
  EXPECT_EQ(PathReport::parse(octets), std::nullopt);
}

TEST(PathReport, DurationsThatDoNotFitAreTheMostThatDoes) {
  PathReport report = sample_report();
  report.timing->held = Seconds(3600);
  report.timing->delay_mean = -Seconds(1);
  report.jitter = Seconds(3600);
  const PathReport parsed = PathReport::parse(serialized(report)).value();
  EXPECT_GT(parsed.timing->held, Milliseconds(3999));
  EXPECT_EQ(parsed.timing->delay_mean, Duration(0));
  EXPECT_GT(parsed.jitter, Milliseconds(999));
}

TEST(PathReport, EveryValueOfADurationComesBack) {
  for (std::uint32_t units = 0; units <= UINT16_MAX; ++units) {
    Octets octets = serialized(sample_report());
    for (const std::size_t field : {36, 38, 44}) {
      store_be16(octets.data() + kShimSize + field, static_cast<std::uint16_t>(units));
    }
    const PathReport read = PathReport::parse(octets).value();
    ASSERT_EQ(PathReport::parse(serialized(read)), read) << units;
  }
}

TEST(PathReport, DurationsAreRoundedByHalfAUnitAtMost) {
  PathReport report = sample_report();
  for (int us = 0; us < 100000; us += 37) {
    report.timing->held = std::chrono::microseconds(us);
    const PathReport parsed = PathReport::parse(serialized(report)).value();
    EXPECT_NEAR(static_cast<double>(parsed.timing->held.count()), us * 1000.0, 30600) << us;
  }
}

}  // namespace
}  // namespace hawser
