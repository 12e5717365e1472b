// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/link_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>

#include "base/bytes.h"

namespace hawser::lab {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

struct Arrival {
  std::uint32_t number = 0;
  TimePoint sent, received;
  Duration delay() const { return received - sent; }
};

// A link on virtual time; frames carry their number and time of sending in their last octets.
class Wire {
 public:
  explicit Wire(std::string settings, std::uint64_t seed = 7) : model_(seed) { set(settings); }

  void set(const std::string& settings) {
    std::istringstream stream(settings);
    std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    std::vector<std::string_view> views(words.begin(), words.end());
    auto config = apply_settings(model_.config(), views);
    ASSERT_TRUE(config) << config.error();
    model_.configure(*config, now_);
  }
  // `count` frames, one every `gap`, then silence until the link is empty.
  void send(std::uint32_t count, std::size_t size, Duration gap) {
    for (std::uint32_t i = 0; i < count; ++i) {
      Frame frame(size);
      store_be32(&frame[size - 12], next_number_++);
      store_be64(&frame[size - 8], static_cast<std::uint64_t>(now_.time_since_epoch().count()));
      model_.enqueue(std::move(frame), now_);
      run_until(now_ + gap);
    }
  }
  void run_until(TimePoint end) {
    while (const auto next = model_.next_event()) {
      if (*next > end) break;
      now_ = std::max(now_, *next);
      while (auto frame = model_.dequeue(now_)) take(*frame);
    }
    now_ = end;
  }
  void drain() {
    while (const auto next = model_.next_event()) run_until(std::max(now_, *next));
  }

  LinkModel& model() { return model_; }
  TimePoint now() const { return now_; }
  std::vector<Arrival> arrivals;

 private:
  void take(const Frame& frame) {
    const std::uint8_t* tail = &frame[frame.size() - 12];
    const auto sent = TimePoint(Duration(static_cast<std::int64_t>(load_be64(tail + 4))));
    arrivals.push_back({load_be32(tail), sent, now_});
  }

  LinkModel model_;
  TimePoint now_{Seconds(1000)};
  std::uint32_t next_number_ = 0;
};

double mean_ms(const std::vector<Arrival>& arrivals) {
  double sum = 0;
  for (const Arrival& a : arrivals) sum += static_cast<double>(a.delay().count()) / 1e6;
  return sum / static_cast<double>(arrivals.size());
}

bool in_order(const std::vector<Arrival>& arrivals) {
  return std::is_sorted(arrivals.begin(), arrivals.end(),
                        [](const Arrival& a, const Arrival& b) { return a.number < b.number; });
}

TEST(LinkModel, PerfectWireIsImmediate) {
  Wire wire("clear");
  wire.send(10, 100, microseconds(1));
  wire.drain();
  ASSERT_EQ(wire.arrivals.size(), 10u);
  for (const Arrival& a : wire.arrivals) EXPECT_EQ(a.delay(), Duration{});
}

TEST(LinkModel, RateIsExact) {
  // 1500 octets at 12 Mbit/s are 1 ms each; all offered at once.
  Wire wire("rate 12M delay 20ms");
  wire.send(500, 1500, {});
  wire.drain();
  ASSERT_EQ(wire.arrivals.size(), 500u);
  for (std::size_t i = 0; i < 500; ++i) {
    EXPECT_EQ(wire.arrivals[i].delay(), Milliseconds(20) + Milliseconds(i + 1));
  }
}

TEST(LinkModel, RateIsExactHoweverLateTheCallerLooks) {
  Wire wire("rate 12M");
  wire.send(100, 1500, {});
  LinkModel& model = wire.model();
  std::size_t count = 0;
  while (model.dequeue(wire.now() + microseconds(50'500))) ++count;
  EXPECT_EQ(count, 50u);
  EXPECT_EQ(model.next_event(), wire.now() + Milliseconds(51));
}

TEST(LinkModel, RateChangeTakesTheWaitingFramesAlong) {
  Wire wire("rate 12M");
  wire.send(3, 1500, {});
  wire.run_until(wire.now() + microseconds(500));
  wire.set("rate 1.2M");  // half a frame left: 5 ms, then 10 ms each
  wire.drain();
  ASSERT_EQ(wire.arrivals.size(), 3u);
  EXPECT_EQ(wire.arrivals[0].delay(), microseconds(5'500));
  EXPECT_EQ(wire.arrivals[2].delay(), microseconds(25'500));
}

TEST(LinkModel, QueueLimitInTimeDropsTheTail) {
  Wire wire("rate 12M queue 50ms");
  wire.send(80, 1500, {});
  wire.drain();
  EXPECT_EQ(wire.arrivals.size(), 50u);
  EXPECT_EQ(wire.model().counters().dropped_queue, 30u);
  EXPECT_EQ(wire.arrivals.back().number, 49u);
}

TEST(LinkModel, QueueLimitInPackets) {
  Wire wire("rate 12M queue 10p");
  wire.send(80, 1500, {});
  wire.drain();
  EXPECT_EQ(wire.arrivals.size(), 10u);
  EXPECT_EQ(wire.model().counters().queue_packets_max, 10u);
}

TEST(LinkModel, JitterIsNormalAndKeepsOrder) {
  Wire wire("delay 40ms jitter 5ms");
  wire.send(200'000, 200, Milliseconds(1));
  wire.drain();
  ASSERT_EQ(wire.arrivals.size(), 200'000u);
  EXPECT_TRUE(in_order(wire.arrivals));
  // 200 s hold about 2000 independent values: the mean lies within 4 x 5 / sqrt(2000) ms.
  EXPECT_NEAR(mean_ms(wire.arrivals), 40, 0.45);
  double square = 0;
  std::size_t within_one = 0;
  for (const Arrival& a : wire.arrivals) {
    const double d = static_cast<double>(a.delay().count()) / 1e6 - 40;
    square += d * d;
    if (std::abs(d) < 5) ++within_one;
  }
  EXPECT_NEAR(std::sqrt(square / 200'000), 5, 0.4);
  EXPECT_NEAR(static_cast<double>(within_one) / 200'000, 0.683, 0.04);
}

TEST(LinkModel, UncorrelatedJitterReorders) {
  Wire wire("delay 40ms jitter 5ms jitter-correlation 0");
  wire.send(10'000, 200, Milliseconds(1));
  wire.drain();
  EXPECT_FALSE(in_order(wire.arrivals));
  EXPECT_NEAR(mean_ms(wire.arrivals), 40, 0.25);
}

TEST(LinkModel, RandomLossIsBinomial) {
  Wire wire("loss 2%");
  wire.send(100'000, 200, microseconds(10));
  wire.drain();
  // 4 sigma of 100,000 draws at 2 %: 4 x 44.3.
  EXPECT_NEAR(static_cast<double>(wire.arrivals.size()), 98'000, 178);
  EXPECT_EQ(wire.model().counters().lost_random, 100'000 - wire.arrivals.size());
}

TEST(LinkModel, BurstLossHasItsShareAndLength) {
  Wire wire("burst-loss 3%:6");
  wire.send(400'000, 200, microseconds(10));
  wire.drain();
  std::size_t bursts = 0, lost = 0;
  for (std::size_t i = 1; i < wire.arrivals.size(); ++i) {
    const std::uint32_t gap = wire.arrivals[i].number - wire.arrivals[i - 1].number - 1;
    lost += gap;
    if (gap > 0) ++bursts;
  }
  EXPECT_NEAR(static_cast<double>(lost) / 400'000, 0.03, 0.004);
  EXPECT_NEAR(static_cast<double>(lost) / static_cast<double>(bursts), 6, 0.6);
}

TEST(LinkModel, LostFramesUseUpLinkTime) {
  Wire wire("rate 12M loss 50%");
  wire.send(500, 1500, {});
  wire.drain();
  for (const Arrival& a : wire.arrivals) EXPECT_EQ(a.delay(), Milliseconds(a.number + 1));
}

TEST(LinkModel, DuplicatesFollowTheirOriginal) {
  Wire wire("duplicate 10%");
  wire.send(10'000, 200, microseconds(10));
  wire.drain();
  const std::uint64_t twice = wire.model().counters().duplicated;
  EXPECT_NEAR(static_cast<double>(twice), 1000, 120);
  EXPECT_EQ(wire.arrivals.size(), 10'000 + twice);
  EXPECT_TRUE(in_order(wire.arrivals));
}

TEST(LinkModel, ReorderMakesAShareLate) {
  Wire wire("delay 10ms reorder 1%:5ms-50ms");
  wire.send(100'000, 200, microseconds(100));
  wire.drain();
  std::size_t late = 0;
  for (const Arrival& a : wire.arrivals) {
    if (a.delay() == Milliseconds(10)) continue;
    ++late;
    EXPECT_GE(a.delay(), Milliseconds(15));
    EXPECT_LE(a.delay(), Milliseconds(60));
  }
  EXPECT_NEAR(static_cast<double>(late), 1000, 126);
  EXPECT_FALSE(in_order(wire.arrivals));
}

TEST(LinkModel, EqualCostPathsHaveTheirDelays) {
  Wire wire("delay 10ms ecmp 30ms:25%");
  wire.send(10'000, 200, Milliseconds(1));
  wire.drain();
  std::size_t second = 0;
  for (const Arrival& a : wire.arrivals) {
    ASSERT_THAT(a.delay(), testing::AnyOf(Milliseconds(10), Milliseconds(30)));
    if (a.delay() == Milliseconds(30)) ++second;
  }
  EXPECT_NEAR(static_cast<double>(second), 2500, 175);
}

TEST(LinkModel, LessDelayDoesNotReorder) {
  Wire wire("delay 100ms");
  wire.send(10, 200, Milliseconds(1));
  wire.set("delay 1ms");
  wire.send(10, 200, Milliseconds(1));
  wire.drain();
  EXPECT_TRUE(in_order(wire.arrivals));
  EXPECT_EQ(wire.arrivals.size(), 20u);
}

TEST(LinkModel, BlackholeSwallowsAndComesBack) {
  Wire wire("delay 10ms");
  wire.send(5, 200, Milliseconds(1));
  wire.set("blackhole on");
  wire.send(5, 200, Milliseconds(1));
  wire.set("blackhole off");
  wire.send(5, 200, Milliseconds(1));
  wire.drain();
  EXPECT_EQ(wire.arrivals.size(), 10u);
  EXPECT_EQ(wire.model().counters().dropped_blackhole, 5u);
}

TEST(LinkModel, SameSeedSameFates) {
  const std::string settings = "delay 5ms jitter 1ms loss 5% duplicate 5% reorder 5%";
  Wire first(settings, 3), again(settings, 3), other(settings, 4);
  for (Wire* wire : {&first, &again, &other}) {
    wire->send(2000, 200, Milliseconds(1));
    wire->drain();
  }
  const auto trace = [](const Wire& wire) {
    std::vector<std::pair<std::uint32_t, std::int64_t>> list;
    for (const Arrival& a : wire.arrivals) list.emplace_back(a.number, a.delay().count());
    return list;
  };
  EXPECT_EQ(trace(first), trace(again));
  EXPECT_NE(trace(first), trace(other));
}

TEST(LinkModel, LossStaysTheSameWhenJitterIsAdded) {
  Wire plain("loss 5%"), varied("loss 5% jitter 1ms delay 9ms duplicate 1%");
  for (Wire* wire : {&plain, &varied}) {
    wire->send(2000, 200, Milliseconds(1));
    wire->drain();
  }
  EXPECT_EQ(plain.model().counters().lost_random, varied.model().counters().lost_random);
}

Frame ip_frame(bool v6, std::uint8_t ecn, std::uint8_t protocol) {
  Frame frame(1500);
  std::uint8_t* ip = &frame[14];
  store_be16(&frame[12], v6 ? 0x86DD : 0x0800);
  if (v6) {
    store_be32(ip, 0x60000000u | (static_cast<std::uint32_t>(ecn) << 20));
    ip[6] = protocol;
    return frame;
  }
  ip[0] = 0x45;
  ip[1] = ecn;
  store_be16(ip + 2, 1486);
  ip[8] = 64;
  ip[9] = protocol;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load_be16(ip + i);
  sum = (sum & 0xFFFF) + (sum >> 16);
  store_be16(ip + 10, static_cast<std::uint16_t>(~(sum + (sum >> 16))));
  return frame;
}

bool ipv4_checksum_is_right(const Frame& frame) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += load_be16(&frame[14 + i]);
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum == 0xFFFF;
}

TEST(LinkModel, MarksCongestionAboveTheThreshold) {
  // 1 ms each: from the seventh on, more than 5 ms wait ahead.
  for (const bool v6 : {false, true}) {
    for (std::uint8_t ecn = 0; ecn < 4; ++ecn) {
      Wire wire("rate 12M ecn 5ms");
      for (int i = 0; i < 10; ++i) wire.model().enqueue(ip_frame(v6, ecn, 6), wire.now());
      std::size_t marked = 0;
      while (const auto frame = wire.model().dequeue(wire.now() + Seconds(1))) {
        const int seen = v6 ? ((*frame)[15] >> 4) & 3 : (*frame)[15] & 3;
        if (seen == 3) ++marked;
        EXPECT_TRUE(v6 || ipv4_checksum_is_right(*frame));
      }
      const std::size_t expected = ecn == 0 ? 0 : 4;
      EXPECT_EQ(wire.model().counters().marked_ce, expected);
      EXPECT_EQ(marked, ecn == 3 ? 10 : expected);
    }
  }
}

TEST(LinkModel, UdpBlockLeavesTcp) {
  for (const bool v6 : {false, true}) {
    Wire wire("udp-block on");
    wire.model().enqueue(ip_frame(v6, 0, 17), wire.now());
    wire.model().enqueue(ip_frame(v6, 0, 6), wire.now());
    Frame fragment = ip_frame(v6, 0, v6 ? 44 : 17);
    if (v6) fragment[14 + 40] = 17;
    wire.model().enqueue(std::move(fragment), wire.now());
    EXPECT_EQ(wire.model().counters().dropped_udp, 2u);
    EXPECT_TRUE(wire.model().dequeue(wire.now()));
    EXPECT_FALSE(wire.model().dequeue(wire.now()));
  }
}

TEST(LinkConfig, RefusesWhatItDoesNotKnow) {
  const std::vector<std::vector<std::string_view>> table = {
      {"rate"},         {"rate", "5X"},    {"rate", "-1M"},           {"delay", "5"},
      {"loss", "2"},    {"loss", "101%"},  {"speed", "1M"},           {"udp-block", "yes"},
      {"queue", "0p"},  {"ecmp", "x"},     {"reorder", "1%:9ms-2ms"}, {"burst-loss", "1%:0.5"},
      {"delay", "nan"}, {"loss", "1%", ""}};
  for (const auto& words : table) {
    EXPECT_FALSE(apply_settings({}, words)) << words[0];
  }
}

}  // namespace
}  // namespace hawser::lab
