// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/exchange_windows.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

const Datagrams kRequest = {{1, 2, 3}, {4, 5}};

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class RequestWindowTest : public ::testing::Test {
 protected:
  // When each retransmission was due, from the beginning until it is given up.
  std::vector<Duration> run_until_given_up() {
    std::vector<Duration> times;
    window_.start(kRequest, start_);
    while (!window_.is_given_up(*window_.next_timeout())) {
      const TimePoint now = *window_.next_timeout();
      EXPECT_EQ(window_.poll_retransmit(now - Duration(1)), nullptr);
      const Datagrams* const again = window_.poll_retransmit(now);
      EXPECT_NE(again, nullptr);
      if (again == nullptr) break;
      EXPECT_EQ(*again, kRequest) << "octet by octet the same";
      times.push_back(now - start_);
    }
    return times;
  }

  SeededRandom random_{1};
  RequestWindow::Options options_;
  RequestWindow window_{options_, random_};
  const TimePoint start_{Seconds(1000)};
};

// 0.5 s, then 1.8 times as long each time, with an eighth of jitter, at most 15 s, for 300 s.
TEST_F(RequestWindowTest, Schedule) {
  const auto times = run_until_given_up();
  double interval = 0.5;
  double before = 0;
  for (const Duration time : times) {
    EXPECT_GE(seconds(time) - before, interval * 7 / 8 - 1e-6);
    EXPECT_LE(seconds(time) - before, interval * 9 / 8 + 1e-6);
    interval = std::min(15.0, interval * 1.8);
    before = seconds(time);
  }
  EXPECT_GE(times.size(), 20u);
  EXPECT_LE(times.size(), 30u);
  EXPECT_EQ(window_.retransmits(), times.size());
  EXPECT_EQ(window_.next_timeout(), start_ + Seconds(300));
  EXPECT_TRUE(window_.is_given_up(start_ + Seconds(300)));
  EXPECT_FALSE(window_.is_given_up(start_ + Seconds(300) - Duration(1)));
  EXPECT_EQ(window_.poll_retransmit(start_ + Seconds(301)), nullptr);
}

TEST_F(RequestWindowTest, JitterDiffers) {
  RequestWindow other(options_, random_);
  window_.start(kRequest, start_);
  other.start(kRequest, start_);
  EXPECT_NE(window_.next_timeout(), other.next_timeout());
}

TEST_F(RequestWindowTest, IdsGrowByOneAndOnlyTheOutstandingOneIsAwaited) {
  EXPECT_TRUE(window_.is_idle());
  EXPECT_FALSE(window_.is_awaited(MessageId(0)));
  EXPECT_FALSE(window_.is_awaited(MessageId(0xffffffff)));
  for (std::uint32_t id = 0; id < 3; ++id) {
    EXPECT_EQ(window_.next_id(), MessageId(id));
    window_.start(kRequest, start_);
    EXPECT_FALSE(window_.is_idle());
    EXPECT_TRUE(window_.is_awaited(MessageId(id)));
    EXPECT_FALSE(window_.is_awaited(MessageId(id + 1)));
    EXPECT_FALSE(window_.is_awaited(MessageId(id - 1)));
    window_.complete();
    EXPECT_FALSE(window_.is_awaited(MessageId(id)));
    EXPECT_EQ(window_.next_timeout(), std::nullopt);
    EXPECT_EQ(window_.poll_retransmit(start_ + Seconds(100)), nullptr);
  }
}

TEST_F(RequestWindowTest, RestartKeepsIdAndEnd) {
  window_.start(kRequest, start_);
  for (int i = 0; i < 5; ++i) window_.poll_retransmit(*window_.next_timeout());
  const TimePoint later = start_ + Seconds(40);
  window_.restart_with({{9}}, later);
  EXPECT_TRUE(window_.is_awaited(MessageId(0)));
  EXPECT_EQ(window_.next_id(), MessageId(1));
  EXPECT_LE(*window_.next_timeout(), later + Milliseconds(563));
  EXPECT_EQ(window_.outstanding(), (Datagrams{{9}}));
  EXPECT_TRUE(window_.is_given_up(start_ + Seconds(300)));
}

TEST_F(RequestWindowTest, HurrySendsAtOnceAndBeginsWithShortIntervals) {
  window_.start(kRequest, start_);
  for (int i = 0; i < 8; ++i) window_.poll_retransmit(*window_.next_timeout());
  const TimePoint now = start_ + Seconds(60);
  window_.hurry(now);
  EXPECT_EQ(window_.next_timeout(), now);
  EXPECT_NE(window_.poll_retransmit(now), nullptr);
  EXPECT_GE(*window_.next_timeout(), now + Milliseconds(437));
  EXPECT_LE(*window_.next_timeout(), now + Milliseconds(563));

  window_.complete();
  window_.hurry(now);
  EXPECT_EQ(window_.next_timeout(), std::nullopt);
}

TEST_F(RequestWindowTest, HurryLeavesWhatWasSentJustNowTheTimeToBeAnswered) {
  window_.start(kRequest, start_);
  window_.hurry(start_ + Milliseconds(1));
  const TimePoint due = start_ + RequestWindow::kHurryInterval;
  EXPECT_EQ(window_.next_timeout(), due);
  EXPECT_EQ(window_.poll_retransmit(due - Duration(1)), nullptr);
  EXPECT_NE(window_.poll_retransmit(due), nullptr);
}

using Verdict = ResponseWindow::Verdict;

TEST(ResponseWindow, NewThenRepeatedThenUnexpected) {
  ResponseWindow window;
  EXPECT_EQ(window.classify(MessageId(0)), Verdict::kNew);
  EXPECT_EQ(window.classify(MessageId(1)), Verdict::kUnexpected);
  EXPECT_EQ(window.classify(MessageId(0xffffffff)), Verdict::kUnexpected);

  window.answered(MessageId(0), {{7}});
  EXPECT_EQ(window.classify(MessageId(0)), Verdict::kRepeated);
  EXPECT_EQ(window.last_response(), (Datagrams{{7}}));
  EXPECT_EQ(window.classify(MessageId(1)), Verdict::kNew);
  EXPECT_EQ(window.classify(MessageId(2)), Verdict::kUnexpected);

  window.answered(MessageId(1), {{8}, {9}});
  EXPECT_EQ(window.classify(MessageId(0)), Verdict::kUnexpected);
  EXPECT_EQ(window.classify(MessageId(1)), Verdict::kRepeated);
  EXPECT_EQ(window.expected(), MessageId(2));
}

}  // namespace
}  // namespace hawser
