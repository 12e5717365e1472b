// SPDX-License-Identifier: Apache-2.0
// A delay that comes and goes hides what a path can do; what is tried to find out.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "multipath/rate_controller.h"

namespace hawser {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// A path that is used as its controller says. Its delay swings between 40 and 100 ms
// above the least, whatever is sent.
class SwingingPath {
 public:
  explicit SwingingPath(double mbps) : octets_per_second_(mbps * 125'000) {
    while (!controller_.is_constrained() && now_ < kStart + Seconds(10)) step(1'500'000);
  }
  const RateController& controller() const { return controller_; }
  void set_waiting(bool waiting) { waiting_ = waiting; }
  void stop_swinging() { swings_ = false; }
  // A share of what the controller allows.
  void use(double share, Duration duration) {
    for (const TimePoint end = now_ + duration; now_ < end && controller_.is_constrained();) {
      controller_.budget(now_);
      step(share * static_cast<double>(controller_.rate_bps()) / 8);
    }
  }
  // How often much more than the known rate was sent.
  unsigned count_trials(Duration duration) {
    unsigned trials = 0;
    bool was_trying = false;
    for (const TimePoint end = now_ + duration; now_ < end;) {
      controller_.budget(now_);
      step(static_cast<double>(controller_.rate_bps()) / 8);
      const bool is_trying = static_cast<double>(controller_.rate_bps()) >
                             1.3 * static_cast<double>(controller_.bandwidth_bps());
      if (is_trying && !was_trying) ++trials;
      was_trying = is_trying;
    }
    return trials;
  }

 private:
  static constexpr TimePoint kStart{Seconds(1001)};
  static constexpr Duration kStep = Milliseconds(5);
  static constexpr Duration kReport = Milliseconds(25);

  void step(double rate) {
    now_ += kStep;
    const double octets = rate * seconds(kStep);
    sent_ += octets;
    controller_.note_sent(static_cast<std::size_t>(octets), now_);
    const double carried = std::min(sent_ - delivered_, octets_per_second_ * seconds(kStep));
    delivered_ += carried;
    controller_.note_backlog(waiting_);
    if (now_ - reported_ < kReport) return;
    reported_ = now_;
    const double queue = (sent_ - delivered_) / octets_per_second_;
    const double swing = swings_ ? 0.040 + 0.030 * (1 - std::cos(seconds(now_ - kStart) * 9)) : 0;
    controller_.handle_estimate({.rtt = Milliseconds(40),
                                 .rtt_min = Milliseconds(40),
                                 .queueing_floor = std::chrono::duration_cast<Duration>(
                                     std::chrono::duration<double>(queue + swing)),
                                 .delivered_bytes = static_cast<std::uint64_t>(delivered_),
                                 .delivered_at = now_,
                                 .in_flight_bytes = static_cast<std::uint64_t>(sent_ - delivered_),
                                 .updated = now_},
                                now_);
  }

  double octets_per_second_ = 0;
  RateController controller_;
  bool waiting_ = true;
  bool swings_ = true;
  TimePoint now_ = kStart;
  TimePoint reported_ = kStart;
  double sent_ = 0;
  double delivered_ = 0;
};

TEST(RateTrial, FindsWhatADelayThatSwingsHides) {
  SwingingPath path(100);
  ASSERT_TRUE(path.controller().is_constrained());
  ASSERT_LT(path.controller().bandwidth_bps(), 20'000'000u);
  // By surpluses alone it would take four seconds.
  path.count_trials(Seconds(2));
  EXPECT_NEAR(static_cast<double>(path.controller().bandwidth_bps()), 100e6, 10e6);
}

TEST(RateTrial, IsRareWhereItIsInVain) {
  SwingingPath path(12);
  ASSERT_TRUE(path.controller().is_constrained());
  EXPECT_GE(path.count_trials(Seconds(5)), 2u);
  path.count_trials(Seconds(15));
  const unsigned later = path.count_trials(Seconds(24));
  EXPECT_GE(later, 2u);
  EXPECT_LE(later, 4u);
  EXPECT_NEAR(static_cast<double>(path.controller().bandwidth_bps()), 12e6, 2e6);
}

// A delay that is there whatever is sent is no queue, and does not keep the path constrained.
TEST(RateTrial, AHardlyUsedPathIsFreeAgain) {
  SwingingPath path(100);
  ASSERT_TRUE(path.controller().is_constrained());
  path.use(1, Seconds(3));
  path.set_waiting(false);
  path.use(0.4, Seconds(4));
  EXPECT_FALSE(path.controller().is_constrained());
}

// A rate that was learned when little was sent makes bursts wait, and with nothing else to tell of
// more it would be kept.
TEST(RateTrial, BurstsThatWaitDoNotKeepAPathConstrained) {
  SwingingPath path(100);
  ASSERT_TRUE(path.controller().is_constrained());
  const auto run = [&path](Duration duration) {
    for (Duration time{0}; time < duration; time += Milliseconds(50)) {
      path.set_waiting(true);
      path.use(1, Milliseconds(10));
      path.set_waiting(false);
      path.use(0.2, Milliseconds(40));
    }
    return !path.controller().is_constrained();
  };
  EXPECT_FALSE(run(Seconds(4))) << "there may be a queue";
  path.stop_swinging();
  EXPECT_TRUE(run(Seconds(4)));
}

TEST(RateTrial, NothingIsTriedWhereNothingWaits) {
  SwingingPath path(12);
  ASSERT_TRUE(path.controller().is_constrained());
  path.set_waiting(false);
  EXPECT_EQ(path.count_trials(Seconds(10)), 0u);
}

}  // namespace
}  // namespace hawser
