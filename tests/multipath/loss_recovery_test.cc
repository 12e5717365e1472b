// SPDX-License-Identifier: Apache-2.0
// Both halves of the recovery of losses: a sender that keeps, a receiver that asks, and two lossy
// paths between them.
#include "multipath/loss_recovery.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "multipath/retransmit_store.h"

namespace hawser {
namespace {

constexpr Duration kDelays[] = {Milliseconds(20), Milliseconds(35)};
constexpr Duration kInterval = std::chrono::microseconds(200);

class TwoLossyPaths {
 public:
  TwoLossyPaths(double loss, bool recovery) : loss_(loss) {
    resequencer_.set_bound(Milliseconds(200));
    resequencer_.set_recovery(recovery);
    recovery_.set_round_trip(Milliseconds(70));
    store_.set_armed(true);
    store_.set_limits({.rate_bps = 60'000'000, .age = Milliseconds(400)});
  }

  void run(std::uint32_t frames) {
    std::uint32_t sent = 0;
    TimePoint next_send{Seconds(1)};
    while (true) {
      TimePoint next = sent < frames ? next_send : TimePoint::max();
      if (!on_the_way_.empty()) next = std::min(next, on_the_way_.begin()->first);
      for (const auto& timeout : {resequencer_.next_timeout(), store_.next_timeout(),
                                  recovery_.next_timeout(resequencer_)}) {
        if (timeout) next = std::min(next, *timeout);
      }
      if (next == TimePoint::max()) break;
      ASSERT_LT(next, TimePoint(Seconds(120)));
      now_ = std::max(now_, next);
      if (sent < frames && now_ >= next_send) {
        send(sent++);
        next_send += kInterval;
      }
      while (!on_the_way_.empty() && on_the_way_.begin()->first <= now_) arrive();
      resequencer_.handle_timeout(now_);
      store_.handle_timeout(now_);
      released();
      ask();
    }
  }

  std::set<std::uint32_t> delivered;
  std::uint64_t out_of_order = 0;
  std::uint32_t lost_at_first = 0;
  std::map<std::uint32_t, int> times_asked;
  std::vector<TimePoint> asked_at;
  Duration longest_wait{0};
  const Resequencer& resequencer() const { return resequencer_; }
  const RetransmitStore& store() const { return store_; }

 private:
  struct Frame {
    std::optional<Nack> nack{};
    std::uint32_t sequence = 0;
    std::uint32_t path = 0;
    std::uint64_t esp = 0;
    bool recovered = false;
  };

  bool put(Frame frame) {
    frame.esp = ++esp_[frame.path];
    if (std::bernoulli_distribution(loss_)(random_)) return false;
    on_the_way_.emplace(now_ + kDelays[frame.path], frame);
    return true;
  }
  void send(std::uint32_t sequence) {
    const std::uint32_t path = sequence / 7 % 3 == 0 ? 1 : 0;
    const std::vector<std::uint8_t> payload(1000, static_cast<std::uint8_t>(sequence));
    store_.add({.bucket = 1, .sequence = sequence, .path = PathId(path), .payload = payload}, now_);
    lost_at_first += put({.sequence = sequence, .path = path}) ? 0 : 1;
  }
  void arrive() {
    const Frame frame = on_the_way_.begin()->second;
    on_the_way_.erase(on_the_way_.begin());
    if (frame.nack) {
      store_.handle_nack(*frame.nack, now_);
      while (const auto again = store_.poll_retransmission(now_)) {
        put({.sequence = again->sequence, .path = 1 - again->lost_on.value(), .recovered = true});
      }
      return;
    }
    highest_[frame.path] = std::max(highest_[frame.path], frame.esp);
    ++count_[frame.path];
    const std::vector<std::uint8_t> payload(1000, static_cast<std::uint8_t>(frame.sequence));
    const OrderVerdict verdict =
        resequencer_.handle({.type = ShimType::kData,
                             .traffic_class = TrafficClass::kBulk,
                             .recovered = frame.recovered,
                             .bucket = 1,
                             .sequence = frame.sequence},
                            {.path = PathId(frame.path),
                             .payload = payload,
                             .path_missing = highest_[frame.path] - count_[frame.path],
                             .mark = frame.sequence},
                            now_);
    if (verdict == OrderVerdict::kDeliver || verdict == OrderVerdict::kLate) {
      deliver(frame.sequence);
    }
    released();
  }
  void released() {
    while (const auto packet = resequencer_.poll_released()) {
      longest_wait = std::max(longest_wait, packet->waited);
      deliver(packet->mark);
    }
    resequencer_.recycle();
  }
  void deliver(std::uint32_t sequence) {
    EXPECT_TRUE(delivered.insert(sequence).second) << sequence;
    out_of_order += sequence < *delivered.rbegin() ? 1 : 0;
  }
  // The way back is not lossy: a Nack that is lost is a frame that is asked for once.
  void ask() {
    const std::optional<Nack> nack = recovery_.poll_nack(resequencer_, now_);
    if (!nack) return;
    asked_at.push_back(now_);
    for (const MissingRange& range : nack->ranges) {
      EXPECT_EQ(range.bucket, 1);
      for (std::uint32_t i = 0; i < range.count; ++i) {
        EXPECT_FALSE(delivered.contains(range.first + i)) << "asked for what came";
        ++times_asked[range.first + i];
      }
    }
    on_the_way_.emplace(now_ + kDelays[0], Frame{.nack = Nack::parse(nack->serialize())});
  }

  double loss_;
  std::mt19937_64 random_{5};
  TimePoint now_{};
  Resequencer resequencer_;
  LossRecovery recovery_;
  RetransmitStore store_;
  std::multimap<TimePoint, Frame> on_the_way_;
  std::uint64_t esp_[2] = {};
  std::uint64_t highest_[2] = {};
  std::uint64_t count_[2] = {};
};

constexpr std::uint32_t kFrames = 20'000;

TEST(LossRecovery, AlmostAllThatIsLostComesInOrderWithinTheBound) {
  TwoLossyPaths paths(0.02, true);
  paths.run(kFrames);
  EXPECT_GT(paths.lost_at_first, 300u);
  const std::uint64_t lost = kFrames - paths.delivered.size();
  // Both the frame and what is sent for it are lost twice, or at the end nothing shows the loss.
  EXPECT_LE(lost, paths.lost_at_first / 100) << paths.lost_at_first;
  EXPECT_EQ(paths.out_of_order, 0u);
  EXPECT_LE(paths.longest_wait, Milliseconds(200));
  EXPECT_EQ(paths.resequencer().held_packets(), 0u);
  EXPECT_LE(paths.store().counters().sent_again, paths.lost_at_first * 11 / 10)
      << "little is sent again in vain";
}

TEST(LossRecovery, AsksAtMostTwiceAndNotTooOften) {
  TwoLossyPaths paths(0.2, true);
  paths.run(kFrames);
  int most = 0;
  for (const auto& [sequence, times] : paths.times_asked) most = std::max(most, times);
  EXPECT_EQ(most, 2);
  ASSERT_GT(paths.asked_at.size(), 100u);
  for (std::size_t i = 1; i < paths.asked_at.size(); ++i) {
    ASSERT_GE(paths.asked_at[i] - paths.asked_at[i - 1], LossRecovery::kInterval);
  }
  EXPECT_EQ(paths.out_of_order, 0u);
}

TEST(LossRecovery, AsksForNothingWhereNothingIsLost) {
  TwoLossyPaths paths(0, true);
  paths.run(kFrames);
  EXPECT_GT(paths.resequencer().counters().held, 1000u);
  EXPECT_TRUE(paths.asked_at.empty());
  EXPECT_EQ(paths.delivered.size(), kFrames);
}

TEST(LossRecovery, OffItAsksForNothing) {
  TwoLossyPaths paths(0.02, false);
  paths.run(kFrames);
  EXPECT_TRUE(paths.asked_at.empty());
  EXPECT_EQ(paths.delivered.size(), kFrames - paths.lost_at_first);
  EXPECT_EQ(paths.out_of_order, 0u);
}

}  // namespace
}  // namespace hawser
