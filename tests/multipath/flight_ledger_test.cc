// SPDX-License-Identifier: Apache-2.0
#include "multipath/flight_ledger.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace hawser {
namespace {

constexpr Spi kOld(0x100);
constexpr Spi kNew(0x200);
TimePoint at(int ms) { return TimePoint(Milliseconds(ms)); }

FlightLedger with_ten_packets() {
  FlightLedger ledger;
  ledger.begin_sa(kOld);
  for (int i = 0; i < 10; ++i) {
    ledger.note_sent(static_cast<std::uint64_t>(i + 1), {.count = 1000, .backlog = true}, at(i));
  }
  return ledger;
}

TEST(FlightLedger, WhatIsReportedIsNoLongerOnItsWay) {
  FlightLedger ledger = with_ten_packets();
  EXPECT_EQ(ledger.in_flight(), 10'000u);
  const FlightLedger::Point point = ledger.settle(kOld, 7).value();
  EXPECT_EQ(point.octets, 7000u);
  EXPECT_EQ(point.sent, at(6));
  EXPECT_TRUE(point.backlog);
  EXPECT_EQ(ledger.in_flight(), 3000u);
  EXPECT_FALSE(ledger.settle(kOld, 7)) << "no news";
  EXPECT_FALSE(ledger.settle(kOld, 3)) << "old news";
  EXPECT_EQ(ledger.settle(kOld, 10)->octets, 10'000u);
  EXPECT_EQ(ledger.in_flight(), 0u);
}

TEST(FlightLedger, NumbersThatWereNeverSentAreNotBelieved) {
  FlightLedger ledger = with_ten_packets();
  EXPECT_FALSE(ledger.settle(kOld, 11));
  EXPECT_FALSE(ledger.settle(kNew, 5));
  EXPECT_EQ(ledger.in_flight(), 10'000u);
}

TEST(FlightLedger, OneMomentWithoutBacklogIsRemembered) {
  FlightLedger ledger = with_ten_packets();
  ledger.note_sent(11, {.count = 1000, .backlog = false}, at(10));
  ledger.note_sent(12, {.count = 1000, .backlog = true}, at(11));
  ledger.note_sent(13, {.count = 1000, .backlog = true}, at(11));
  EXPECT_TRUE(ledger.settle(kOld, 10)->backlog);
  EXPECT_FALSE(ledger.settle(kOld, 12)->backlog);
  EXPECT_TRUE(ledger.settle(kOld, 13)->backlog);
}

TEST(FlightLedger, ANewSaAccountsForTheOldOne) {
  FlightLedger ledger = with_ten_packets();
  ledger.begin_sa(kNew);
  ledger.note_sent(1, {.count = 500}, at(20));
  ledger.note_sent(2, {.count = 500}, at(21));
  EXPECT_EQ(ledger.settle(kOld, 4)->octets, 4000u) << "the old one is still reported";
  EXPECT_EQ(ledger.in_flight(), 7000u);
  EXPECT_EQ(ledger.settle(kNew, 1)->octets, 10'500u);
  EXPECT_EQ(ledger.in_flight(), 500u);
  EXPECT_EQ(ledger.generation(kOld), 0u);
  EXPECT_EQ(ledger.generation(kNew), 1u);
}

TEST(FlightLedger, LowHalvesOfNumbersMayWrap) {
  FlightLedger ledger;
  ledger.begin_sa(kOld);
  const std::uint64_t first = 0x1'ffff'fffe;
  for (std::uint64_t i = 0; i < 5; ++i) ledger.note_sent(first + i, {.count = 100}, at(int(5 * i)));
  EXPECT_EQ(ledger.settle(kOld, 0xffffffff)->octets, 200u);
  EXPECT_EQ(ledger.settle(kOld, 1)->octets, 400u);
  EXPECT_EQ(ledger.in_flight(), 100u);
}

TEST(FlightLedger, ForgetsWhatIsTooOld) {
  FlightLedger ledger = with_ten_packets();
  ledger.note_sent(11, {.count = 100}, at(500));
  ledger.forget_before(at(400));
  EXPECT_EQ(ledger.in_flight(), 100u);
}

TEST(FlightLedger, IsBoundedHoweverLongNothingIsReported) {
  FlightLedger ledger;
  ledger.begin_sa(kOld);
  for (int i = 0; i < 100'000; ++i) {
    ledger.note_sent(static_cast<std::uint64_t>(i + 1), {.count = 1}, at(i));
  }
  EXPECT_LE(ledger.in_flight(), 4 * FlightLedger::kRecordsMax);
  EXPECT_GE(ledger.in_flight(), 2000u) << "two seconds at least";
  EXPECT_EQ(ledger.settle(kOld, 100'000)->octets, 100'000u);
}

// Against a list of all packets: exact where a record ends, and never further off than one record.
TEST(FlightLedger, AgreesWithAListOfAllPackets) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    FlightLedger ledger;
    ledger.begin_sa(kOld);
    std::deque<std::uint64_t> sizes;
    std::uint64_t settled = 0;
    std::uint64_t in_flight = 0;
    for (int ms = 0; ms < 1000; ++ms) {
      const int packets = std::uniform_int_distribution(0, 5)(random);
      for (int i = 0; i < packets; ++i) {
        const auto size = std::uniform_int_distribution<std::uint32_t>(60, 1400)(random);
        sizes.push_back(size);
        in_flight += size;
        ledger.note_sent(settled + sizes.size(), {.count = size}, at(ms));
      }
      if (ms % 30 == 29 && !sizes.empty()) {
        const auto up_to = std::uniform_int_distribution<std::size_t>(1, sizes.size())(random);
        for (std::size_t i = 0; i < up_to; ++i) {
          in_flight -= sizes.front();
          sizes.pop_front();
        }
        settled += up_to;
        ledger.settle(kOld, static_cast<std::uint32_t>(settled));
      }
      ASSERT_NEAR(static_cast<double>(ledger.in_flight()), static_cast<double>(in_flight),
                  10 * 1400)
          << "seed " << seed;
    }
    ledger.settle(kOld, static_cast<std::uint32_t>(settled + sizes.size()));
    EXPECT_EQ(ledger.in_flight(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hawser
