// SPDX-License-Identifier: Apache-2.0
#include "multipath/sent_history.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

TEST(SentHistory, KnowsWhenAnOctetWasSentOverItsSpan) {
  for (const int span_ms : {50, 340, 940, 3000}) {
    SentHistory history;
    history.set_span(Milliseconds(span_ms));
    TimePoint now{Seconds(9)};
    // 12 Mbit/s and, in the second half, twice that.
    for (int packet = 0; packet < 12000; ++packet) {
      now += packet < 4000 ? std::chrono::microseconds(1000) : std::chrono::microseconds(500);
      history.note_sent(1500, now);
    }
    for (int back = 0; back < span_ms * 2; back += 7) {
      const TimePoint found =
          history.time_of(history.total() - static_cast<std::uint64_t>(back) * 1500, now);
      const Duration error = found - (now - back * std::chrono::microseconds(500));
      EXPECT_LE(error < Duration(0) ? -error : error, std::chrono::microseconds(1000)) << back;
    }
  }
}

TEST(SentHistory, OfWhatIsOlderSaysTheOldestThatItKnows) {
  SentHistory history;
  history.set_span(Milliseconds(100));
  EXPECT_EQ(history.time_of(0, TimePoint(Seconds(1))), TimePoint(Seconds(1)));
  for (int ms = 0; ms < 1000; ++ms) {
    history.note_sent(100, TimePoint(Seconds(2)) + Milliseconds(ms));
  }
  const TimePoint now = TimePoint(Seconds(3));
  const TimePoint oldest = history.time_of(100, now);
  EXPECT_GT(oldest, TimePoint(Seconds(2)) + Milliseconds(500));
  EXPECT_LT(oldest, now - Milliseconds(100));
}

// One packet each 100 us for 10 ms, nothing for 60, and again.
TEST(SentHistory, KnowsThatNothingWasSentInAPause) {
  SentHistory history;
  history.set_span(Milliseconds(340));
  TimePoint now{Seconds(9)};
  const auto send = [&] {
    for (int packet = 0; packet < 100; ++packet) {
      now += std::chrono::microseconds(100);
      history.note_sent(1500, now);
    }
  };
  send();
  const TimePoint last = now;
  now += Milliseconds(60);
  EXPECT_EQ(history.time_of(history.total(), now), last);
  send();
  EXPECT_EQ(history.time_of(history.total() / 2, now), last);
  EXPECT_LE(history.time_of(history.total() / 2 - 3000, now), last);
  EXPECT_GT(history.time_of(history.total() / 2 - 3000, now), last - Milliseconds(3));
}

}  // namespace
}  // namespace hawser
