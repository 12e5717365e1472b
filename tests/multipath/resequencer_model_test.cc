// SPDX-License-Identifier: Apache-2.0
// The resequencer behind one to six simulated paths, beside a plain reference: sets and maxima.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "multipath/resequencer.h"

namespace hawser {
namespace {

struct World {
  std::size_t paths = 1;
  Duration spread{0};   // of the paths' delays, jitter included
  Duration in_path{0};  // what a path itself reorders by
  double loss = 0;
  double copies = 0;  // share of frames that go on two paths
  bool says_missing = true;
  bool with_real_time = false;
  std::uint32_t first = 0;
  std::uint16_t buckets = 1;
  int frames = 6000;
  Duration interval = std::chrono::microseconds(300);
};

struct OnTheWay {
  TimePoint at;
  std::uint32_t path = 0;
  std::uint64_t esp = 0;  // the number in the path's SA
  std::uint16_t bucket = 0;
  std::uint32_t index = 0;  // frames of the bucket before it
  TrafficClass traffic_class{};
};

// What arrives, in the order of arrival.
std::vector<OnTheWay> send(const World& world, std::mt19937_64& random) {
  std::vector<OnTheWay> arrivals;
  std::vector<TimePoint> last(world.paths);
  std::vector<std::uint64_t> esp(world.paths, 0);
  std::vector<std::uint32_t> index(world.buckets, 0);
  const auto upto = [&random](Duration most) {
    return most.count() == 0 ? Duration(0)
                             : Duration(static_cast<std::int64_t>(
                                   random() % static_cast<std::uint64_t>(most.count())));
  };
  std::bernoulli_distribution lost(world.loss);
  std::bernoulli_distribution copied(world.copies);
  TimePoint now{Seconds(10)};
  std::size_t path = 0;
  for (int i = 0; i < world.frames; ++i) {
    now += world.interval;
    if (random() % 8 == 0) path = random() % world.paths;  // runs, as a scheduler makes them
    OnTheWay frame{.bucket = static_cast<std::uint16_t>(random() % world.buckets)};
    frame.index = index[frame.bucket]++;
    frame.traffic_class = world.with_real_time && frame.bucket % 2 == 1 ? TrafficClass::kRealTime
                                                                        : TrafficClass::kBulk;
    const int times = copied(random) ? 2 : 1;
    for (int copy = 0; copy < times; ++copy) {
      const std::size_t on = (path + static_cast<std::size_t>(copy)) % world.paths;
      frame.path = static_cast<std::uint32_t>(on);
      frame.esp = ++esp[on];
      if (lost(random)) continue;
      // Half of the spread lies between the paths, half is jitter that keeps the path's order.
      const Duration base = world.spread / 2 * static_cast<std::int64_t>(on) /
                            std::max<std::int64_t>(1, static_cast<std::int64_t>(world.paths) - 1);
      last[on] = std::max(last[on], now + base + upto(world.spread / 2));
      frame.at = last[on] + upto(world.in_path);
      arrivals.push_back(frame);
    }
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const OnTheWay& a, const OnTheWay& b) { return a.at < b.at; });
  return arrivals;
}

// Gives the arrivals to a resequencer, and holds what it says against the promises.
class Check {
 public:
  Check(const World& world, Duration bound) : world_(world) { resequencer_.set_bound(bound); }

  void run(const std::vector<OnTheWay>& arrivals) {
    std::vector<std::uint64_t> highest(world_.paths, 0);
    std::vector<std::uint64_t> count(world_.paths, 0);
    for (const OnTheWay& frame : arrivals) {
      timeouts(frame.at);
      highest[frame.path] = std::max(highest[frame.path], frame.esp);
      ++count[frame.path];
      arrive(frame, highest[frame.path] - count[frame.path]);
      if (testing::Test::HasFatalFailure()) return;
      released(frame.at);
    }
    timeouts(arrivals.back().at + Seconds(5));
    EXPECT_EQ(resequencer_.held_packets(), 0u);
    EXPECT_EQ(resequencer_.held_bytes(), 0u);
    EXPECT_EQ(delivered_, arrived_) << "all that came was delivered";
  }

  Duration longest_wait() const { return longest_wait_; }
  // Of what came after the first second.
  Duration longest_later() const { return longest_later_; }
  const OrderCounters& counters() const { return resequencer_.counters(); }

 private:
  using Name = std::pair<std::uint16_t, std::uint32_t>;

  void arrive(const OnTheWay& frame, std::uint64_t missing) {
    std::uint8_t payload[6];
    std::memcpy(payload, &frame.index, 4);
    std::memcpy(payload + 4, &frame.bucket, 2);
    const OrderVerdict verdict = resequencer_.handle(
        {.type = ShimType::kData,
         .traffic_class = frame.traffic_class,
         .bucket = frame.bucket,
         .sequence = world_.first + frame.index},
        {.path = PathId(frame.path),
         .payload = payload,
         .path_missing = world_.says_missing ? std::optional(missing) : std::nullopt,
         .mark = frame.index},
        frame.at);
    const bool fresh = arrived_.insert({frame.bucket, frame.index}).second;
    ASSERT_EQ(verdict == OrderVerdict::kDuplicate, !fresh) << frame.index;
    const bool real_time = frame.traffic_class == TrafficClass::kRealTime;
    if (real_time && fresh) {
      ASSERT_EQ(verdict, OrderVerdict::kDeliver);
    }
    if (verdict == OrderVerdict::kDeliver || verdict == OrderVerdict::kLate) {
      deliver({frame.bucket, frame.index}, verdict == OrderVerdict::kDeliver && !real_time);
    }
  }

  void timeouts(TimePoint until) {
    while (resequencer_.next_timeout() && *resequencer_.next_timeout() <= until) {
      const TimePoint now = *resequencer_.next_timeout();
      resequencer_.handle_timeout(now);
      released(now);
      ASSERT_TRUE(!resequencer_.next_timeout() || *resequencer_.next_timeout() > now);
    }
  }

  void released(TimePoint now) {
    while (const std::optional<ReleasedPacket> packet = resequencer_.poll_released()) {
      Name name;
      ASSERT_EQ(packet->payload.size(), 6u);
      std::memcpy(&name.second, packet->payload.data(), 4);
      std::memcpy(&name.first, packet->payload.data() + 4, 2);
      EXPECT_EQ(packet->mark, name.second);
      EXPECT_EQ(packet->bucket, name.first);
      longest_wait_ = std::max(longest_wait_, packet->waited);
      if (now - packet->waited > TimePoint(Seconds(11))) {
        longest_later_ = std::max(longest_later_, packet->waited);
      }
      deliver(name, true);
    }
    resequencer_.recycle();
  }

  void deliver(Name name, bool in_order) {
    ASSERT_TRUE(delivered_.insert(name).second) << "twice: " << name.second;
    if (!in_order) return;
    const auto [last, first] = last_.try_emplace(name.first, name.second);
    ASSERT_TRUE(first || name.second > last->second) << name.second << " after " << last->second;
    last->second = name.second;
  }

  World world_;
  Resequencer resequencer_;
  std::set<Name> arrived_;
  std::set<Name> delivered_;
  std::map<std::uint16_t, std::uint32_t> last_;
  Duration longest_wait_{0};
  Duration longest_later_{0};
};

World random_world(std::mt19937_64& random) {
  return {
      .paths = 1 + random() % 6,
      .spread = Milliseconds(random() % 100),
      .in_path = random() % 2 == 0 ? Duration(0) : Duration(Milliseconds(random() % 10)),
      .loss = static_cast<double>(random() % 4) * 0.02,
      .copies = static_cast<double>(random() % 3) * 0.3,
      .says_missing = random() % 2 == 0,
      .with_real_time = random() % 2 == 0,
      .first = random() % 2 == 0 ? 0 : 0xfffffc00u - static_cast<std::uint32_t>(random() % 2000),
      .buckets = static_cast<std::uint16_t>(1 + random() % 4),
      .frames = 3000,
      .interval = std::chrono::microseconds(150 + random() % 1000)};
}

// Whatever the paths do: each frame at most once, those in order that are said to be, all of them
// in the end, and none waits longer than the bound.
TEST(ResequencerModel, KeepsItsPromisesOnAnyPaths) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const World world = random_world(random);
    const Duration bound = Milliseconds(2 + random() % 120);
    Check check(world, bound);
    check.run(send(world, random));
    if (HasFailure()) return;
    EXPECT_LE(check.longest_wait(), bound);
  }
}

// Paths that keep order, and a bound as large as their spread: next to nothing is delivered out of
// order, however much is lost.
TEST(ResequencerModel, OrderIsWholeWhereTheBoundCoversTheSpread) {
  std::uint64_t late = 0;
  std::uint64_t held = 0;
  std::uint64_t skipped = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    World world = random_world(random);
    world.in_path = Duration(0);
    world.says_missing = true;
    const Duration bound = world.spread + Milliseconds(20);
    Check check(world, bound);
    check.run(send(world, random));
    if (HasFailure()) return;
    late += check.counters().late;
    held += check.counters().held;
    skipped += check.counters().early_skips;
  }
  // A path that is new to a bucket, while another loses a frame of another bucket at that place.
  EXPECT_LE(late, held / 10'000);
  EXPECT_GT(held, 10'000u);
  EXPECT_GT(skipped, 1'000u);
}

TEST(ResequencerModel, ALossWaitsForNoLongerThanTheSpread) {
  std::mt19937_64 random(3);
  const World world{.paths = 2, .spread = Milliseconds(40), .loss = 0.01, .frames = 20'000};
  Check check(world, Milliseconds(500));
  check.run(send(world, random));
  EXPECT_GT(check.counters().early_skips, 100u);
  EXPECT_LE(check.counters().timeouts, 40u) << "of the first half second";
  EXPECT_EQ(check.counters().late, 0u);
  EXPECT_GT(check.longest_later(), Milliseconds(10));
  EXPECT_LE(check.longest_later(), Milliseconds(45));
}

// What a single path loses costs no waiting at all, once the beginning is over.
TEST(ResequencerModel, ASinglePathWaitsOnlyAtItsBeginning) {
  std::mt19937_64 random(4);
  const World world{.paths = 1, .loss = 0.05, .frames = 20'000};
  Check check(world, Milliseconds(30));
  check.run(send(world, random));
  EXPECT_GT(check.counters().early_skips, 500u);
  EXPECT_LE(check.longest_wait(), Milliseconds(30));
  EXPECT_EQ(check.longest_later(), Duration(0));
}

}  // namespace
}  // namespace hawser
