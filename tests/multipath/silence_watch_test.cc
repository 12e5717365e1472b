// SPDX-License-Identifier: Apache-2.0
#include "multipath/silence_watch.h"

#include <gtest/gtest.h>

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(5)};
constexpr Duration kRtt = Milliseconds(40);

class SilenceWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    watch_.begin(now_);
    watch_.set_rtt(kRtt, Milliseconds(1));
  }
  void hear(int packets, Duration gap) {
    for (int i = 0; i < packets; ++i) {
      now_ += gap;
      watch_.check(now_);
      watch_.note_heard(now_);
    }
  }
  void send(int packets, Duration gap) {
    for (int i = 0; i < packets; ++i) {
      now_ += gap;
      watch_.note_sent(true, now_);
    }
  }
  // So long from now until it doubts; 10 s: it does not.
  Duration doubts_after() {
    const TimePoint since = now_;
    for (; now_ < since + Seconds(10); now_ += Milliseconds(1)) {
      if (watch_.check(now_)) return now_ - since;
    }
    return Seconds(10);
  }
  SilenceWatch watch_;
  TimePoint now_ = kStart;
};

TEST_F(SilenceWatchTest, NothingIsExpectedOfWhoNeverSaidAnything) {
  EXPECT_EQ(doubts_after(), Seconds(10));
  EXPECT_EQ(watch_.next_timeout(), std::nullopt);
}

TEST_F(SilenceWatchTest, DenseStreamIsMissedAfterAPauseOfSomeGaps) {
  hear(50, Milliseconds(20));
  EXPECT_EQ(watch_.next_timeout(), now_ + Milliseconds(52));
  EXPECT_EQ(doubts_after(), Milliseconds(52));
  EXPECT_EQ(watch_.doubt(), SilenceWatch::Doubt::kUnheard);
}

TEST_F(SilenceWatchTest, VeryDenseStreamIsNotMissedForItsLeastPause) {
  hear(5000, Duration(Milliseconds(1)) / 5);
  EXPECT_EQ(doubts_after(), Milliseconds(52));
}

TEST_F(SilenceWatchTest, ThinStreamIsExpectedOnlyWhileWeSend) {
  hear(50, Milliseconds(90));
  EXPECT_EQ(doubts_after(), Seconds(10));
  hear(50, Milliseconds(90));
  watch_.note_sent(true, now_);
  EXPECT_EQ(doubts_after(), Milliseconds(112));
}

TEST_F(SilenceWatchTest, DataIsConfirmedAReportAndARoundTripLater) {
  watch_.note_sent(true, now_);
  EXPECT_EQ(doubts_after(), SilenceWatch::kReportInterval + kRtt + Milliseconds(10));
  EXPECT_EQ(watch_.doubt(), SilenceWatch::Doubt::kUnconfirmed);
}

TEST_F(SilenceWatchTest, ConfirmationCannotMeanWhatIsStillOnItsWay) {
  watch_.note_sent(true, now_);
  now_ += Milliseconds(100);
  watch_.note_sent(true, now_);
  now_ += Milliseconds(10);
  watch_.note_confirmed(now_);
  EXPECT_EQ(watch_.next_timeout(), now_ - kRtt + Milliseconds(100) + watch_.patience());
  now_ += Milliseconds(60);
  watch_.note_confirmed(now_);
  EXPECT_EQ(watch_.next_timeout(), std::nullopt);
}

TEST_F(SilenceWatchTest, ControlFramesAreNotReported) {
  watch_.note_sent(false, now_);
  EXPECT_EQ(doubts_after(), Seconds(10));
}

TEST_F(SilenceWatchTest, DoubtEndsWithWhatItMissed) {
  hear(50, Milliseconds(20));
  doubts_after();
  watch_.note_confirmed(now_);
  EXPECT_EQ(watch_.doubt(), SilenceWatch::Doubt::kUnheard) << "it came by another path";
  watch_.note_heard(now_);
  EXPECT_EQ(watch_.doubt(), SilenceWatch::Doubt::kNone);

  watch_.note_sent(true, now_);
  now_ += Seconds(1);
  ASSERT_TRUE(watch_.check(now_));
  watch_.note_heard(now_);
  EXPECT_EQ(watch_.doubt(), SilenceWatch::Doubt::kUnconfirmed) << "we may be heard no more";
  watch_.note_answered(now_);
  EXPECT_EQ(watch_.doubt(), SilenceWatch::Doubt::kNone);
}

TEST_F(SilenceWatchTest, IsOverdueWhenThreeProbesHadTheirTime) {
  hear(50, Milliseconds(20));
  doubts_after();
  const Duration limit = Milliseconds(20) + watch_.patience();
  EXPECT_FALSE(watch_.is_overdue(now_ + limit - Milliseconds(1)));
  EXPECT_TRUE(watch_.is_overdue(now_ + limit));
  EXPECT_EQ(watch_.next_timeout(), now_ + limit);
}

TEST_F(SilenceWatchTest, PausesOfATalkerAreAskedAboutFourTimesASecondAtMost) {
  int doubts = 0;
  for (int i = 0; i < 40; ++i) {
    hear(10, Milliseconds(2));
    now_ += Milliseconds(80);
    if (watch_.check(now_)) ++doubts;
    watch_.note_answered(now_);
  }
  EXPECT_LE(doubts, 40 * 100 / 250 + 1);
  EXPECT_GE(doubts, 10);
}

TEST_F(SilenceWatchTest, PeerThatMissesAllWeSentContradictsUs) {
  send(20, Milliseconds(20));
  EXPECT_TRUE(watch_.contradicts(Milliseconds(150), now_ + kRtt));
  EXPECT_FALSE(watch_.contradicts(Milliseconds(60), now_ + kRtt)) << "loss may do that";
  // It asked before what we sent could have come.
  EXPECT_FALSE(watch_.contradicts(Milliseconds(150), now_ - Milliseconds(400)));
  // We had sent nothing then.
  EXPECT_FALSE(watch_.contradicts(Milliseconds(150), now_ + Milliseconds(300)));
  // All that went to where the peer is no more.
  watch_.note_moved();
  EXPECT_FALSE(watch_.contradicts(Milliseconds(150), now_ + kRtt));
}

TEST_F(SilenceWatchTest, WhereMuchIsLostMoreHasToBeMissed) {
  send(20, Milliseconds(20));
  EXPECT_TRUE(watch_.contradicts(Milliseconds(90), now_ + kRtt));
  watch_.set_loss(0.02);
  EXPECT_FALSE(watch_.contradicts(Milliseconds(90), now_ + kRtt)) << "four in a row";
  watch_.begin(now_);
  send(20, Milliseconds(20));
  EXPECT_FALSE(watch_.contradicts(Milliseconds(90), now_ + kRtt)) << "as usual there";
  EXPECT_TRUE(watch_.contradicts(Milliseconds(130), now_ + kRtt));
  watch_.set_loss(0.5);
  EXPECT_FALSE(watch_.contradicts(Milliseconds(130), now_ + kRtt));
  EXPECT_TRUE(watch_.contradicts(Milliseconds(200), now_ + kRtt)) << "whatever is lost";
}

}  // namespace
}  // namespace hawser
