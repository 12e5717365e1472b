// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(77)};
constexpr TrafficClass kBulk = TrafficClass::kBulk;

QueuedPacket packet(std::uint32_t flow, std::size_t octets, TrafficClass c = kBulk) {
  QueuedPacket made{.traffic_class = c, .flow_hash = flow};
  made.bytes.assign(octets, 0);
  made.bytes[0] = 0x45;
  return made;
}

// Of `payload` octets behind 40 of header, in segments of 1000.
QueuedPacket super_packet(std::uint32_t flow, std::size_t payload) {
  QueuedPacket made = packet(flow, 40 + payload);
  made.gso = {.kind = GsoKind::kTcp, .segment_size = 1000, .header_size = 40};
  return made;
}

TEST(FlowQueue, IsEmptyAtFirstAndAtLast) {
  FlowQueue queue({});
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.front(kBulk, kStart));
  queue.push(QueuedPacket{}, kStart);
  EXPECT_TRUE(queue.empty()) << "nothing is not a packet";
  queue.push(packet(1, 100), kStart);
  EXPECT_EQ(queue.octets(), 100u);
  EXPECT_EQ(queue.items(), 1u);
  const auto front = queue.front(kBulk, kStart);
  ASSERT_TRUE(front);
  EXPECT_EQ(front->count, 1u);
  EXPECT_EQ(front->octets, 100u);
  queue.pop(kBulk, 1);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.items(), 0u);
  EXPECT_FALSE(queue.front(kBulk, kStart));
}

TEST(FlowQueue, SendsASuperPacketInParts) {
  FlowQueue queue({.quantum = 5000});
  queue.push(super_packet(1, 9500), kStart);
  EXPECT_EQ(queue.octets(), 10u * 40 + 9500);
  auto front = queue.front(kBulk, kStart);
  ASSERT_TRUE(front);
  EXPECT_EQ(front->packet->segment_count, 10u);
  EXPECT_EQ(front->first, 0u);
  EXPECT_EQ(front->count, 4u) << "what the quantum allows";
  EXPECT_EQ(front->octets, 4u * 1040);
  queue.pop(kBulk, 3);
  EXPECT_EQ(queue.octets(), 10u * 40 + 9500 - 3 * 1040);
  std::size_t next = 3;
  while ((front = queue.front(kBulk, kStart))) {
    EXPECT_EQ(front->first, next);
    next += front->count;
    queue.pop(kBulk, front->count);
  }
  EXPECT_EQ(next, 10u);
  EXPECT_EQ(queue.octets(), 0u);
}

TEST(FlowQueue, GoesOnWithASuperPacketThatWasBegun) {
  FlowQueue queue({.quantum = 50000});
  QueuedPacket begun = super_packet(1, 9500);
  begun.next_segment = 7;
  queue.push(std::move(begun), kStart);
  EXPECT_EQ(queue.octets(), 3u * 40 + 2500);
  const auto front = queue.front(kBulk, kStart);
  ASSERT_TRUE(front);
  EXPECT_EQ(front->first, 7u);
  EXPECT_EQ(front->count, 3u);
  queue.pop(kBulk, 3);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.octets(), 0u);
}

TEST(FlowQueue, ClassesAreApart) {
  FlowQueue queue({});
  queue.push(packet(1, 300, kBulk), kStart);
  queue.push(packet(1, 200, TrafficClass::kInteractive), kStart);
  EXPECT_FALSE(queue.front(TrafficClass::kRealTime, kStart));
  EXPECT_EQ(queue.front(TrafficClass::kInteractive, kStart)->octets, 200u);
  EXPECT_EQ(queue.octets(kBulk), 300u);
  queue.pop(TrafficClass::kInteractive, 1);
  EXPECT_TRUE(queue.empty(TrafficClass::kInteractive));
  EXPECT_FALSE(queue.empty(kBulk));
}

TEST(FlowQueue, FlowsShareOctetsNotPackets) {
  FlowQueue queue({.quantum = 3000});
  for (int i = 0; i < 3000; ++i) {
    queue.push(packet(1, 1400), kStart);
    queue.push(packet(2, 350), kStart);
    if (i % 40 == 0) queue.push(super_packet(3, 40000), kStart);
  }
  std::map<std::uint32_t, std::size_t> sent;
  for (std::size_t total = 0; total < 1000000;) {
    const auto front = queue.front(kBulk, kStart);
    ASSERT_TRUE(front);
    sent[front->packet->flow_hash] += front->octets;
    total += front->octets;
    queue.pop(kBulk, front->count);
  }
  for (const auto& [flow, octets] : sent)
    EXPECT_NEAR(static_cast<double>(octets), 333333, 7000) << flow;
}

TEST(FlowQueue, AFlowThatSendsLittleGoesFirst) {
  FlowQueue queue({});
  for (int i = 0; i < 1000; ++i) queue.push(packet(1, 1400), kStart);
  const auto first = queue.front(kBulk, kStart);
  queue.pop(kBulk, first->count);
  for (int round = 0; round < 50; ++round) {
    queue.push(packet(2, 100), kStart);
    std::size_t before = 0;
    for (;; ++before) {
      const auto front = queue.front(kBulk, kStart);
      const bool small = front->packet->flow_hash == 2;
      queue.pop(kBulk, front->count);
      if (small) break;
    }
    EXPECT_LE(before, 9u) << "at most the rest of the other flow's turn";
  }
}

TEST(FlowQueue, DropsFromTheLongestFlowWhenFull) {
  FlowQueue queue({.octets_max = 100000});
  for (int i = 0; i < 5; ++i) queue.push(packet(2, 1000), kStart);
  for (int i = 0; i < 500; ++i) queue.push(packet(1, 1000), kStart);
  EXPECT_LE(queue.octets(), 100000u);
  EXPECT_GT(queue.octets(), 80000u);
  EXPECT_EQ(queue.counters().dropped_full.value(), 505 - queue.octets() / 1000);
  std::size_t kept = 0;
  while (const auto front = queue.front(kBulk, kStart)) {
    kept += front->packet->flow_hash == 2 ? 1 : 0;
    queue.pop(kBulk, front->count);
  }
  EXPECT_EQ(kept, 5u) << "the small flow lost nothing";
}

TEST(FlowQueue, BoundsTheNumberOfPacketsToo) {
  FlowQueue queue({});
  for (std::uint32_t i = 0; i < 40000; ++i) queue.push(packet(i, 1), kStart);
  EXPECT_LE(queue.items(), FlowQueue::kItemsMax);
  EXPECT_EQ(queue.counters().dropped_full.value() + queue.items(), 40000u);
}

TEST(FlowQueue, CodelDropsSegmentsOneByOne) {
  FlowQueue queue({});
  queue.push(super_packet(1, 60000), kStart);
  TimePoint now = kStart + Milliseconds(50);
  EXPECT_EQ(queue.front(kBulk, now)->first, 0u);
  queue.pop(kBulk, 1);
  now += Milliseconds(110);
  EXPECT_EQ(queue.front(kBulk, now)->first, 2u) << "the second was dropped";
  EXPECT_EQ(queue.counters().dropped_codel.value(), 1u);
  EXPECT_EQ(queue.front(kBulk, now + Seconds(1))->first, 2u) << "once for each packet sent";
  EXPECT_EQ(queue.octets(), 58u * 1040);
}

TEST(FlowQueue, MarksInsteadWhereTheFlowCan) {
  FlowQueue queue({});
  QueuedPacket made = super_packet(1, 60000);
  made.bytes[1] = 0x02;
  queue.push(std::move(made), kStart);
  TimePoint now = kStart + Milliseconds(50);
  EXPECT_FALSE(queue.front(kBulk, now)->mark_first);
  queue.pop(kBulk, 1);
  now += Milliseconds(110);
  EXPECT_TRUE(queue.front(kBulk, now)->mark_first);
  EXPECT_EQ(queue.front(kBulk, now)->first, 1u);
  EXPECT_TRUE(queue.front(kBulk, now)->mark_first) << "until it is sent";
  queue.pop(kBulk, 2);
  EXPECT_FALSE(queue.front(kBulk, now)->mark_first);
  EXPECT_EQ(queue.counters().marked.value(), 1u);
  EXPECT_EQ(queue.counters().dropped_codel.value(), 0u);
}

TEST(FlowQueue, UsesBuffersAgain) {
  FlowQueue queue({});
  EXPECT_EQ(queue.take_buffer().capacity(), 0u);
  queue.push(packet(1, 5000), kStart);
  queue.front(kBulk, kStart);
  queue.pop(kBulk, 1);
  const std::vector<std::uint8_t> again = queue.take_buffer();
  EXPECT_GE(again.capacity(), 5000u);
  EXPECT_TRUE(again.empty());
}

// Whatever happens: in order within a flow, nothing twice, and every segment sent, dropped or kept.
TEST(FlowQueue, LosesAndRepeatsNothingUncounted) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    FlowQueue queue({.quantum = 1000 + random() % 20000, .octets_max = 300000});
    TimePoint now = kStart;
    std::map<std::uint32_t, std::uint32_t> pushed;
    std::map<std::uint32_t, std::pair<std::uint32_t, std::size_t>> last;
    std::uint64_t segments = 0;
    std::uint64_t sent = 0;
    for (int step = 0; step < 20000; ++step) {
      now += std::chrono::microseconds(random() % 2000);
      const auto c = static_cast<TrafficClass>(random() % kTrafficClasses);
      if (random() % 5 < 2) {
        const auto flow = static_cast<std::uint32_t>(random() % 12 * 3 + static_cast<unsigned>(c));
        QueuedPacket made = random() % 3 == 0 ? super_packet(flow, 1 + random() % 30000)
                                              : packet(flow, 20 + random() % 1480);
        made.traffic_class = c;
        store_be32(&made.bytes[4], ++pushed[flow]);
        segments += made.gso.kind == GsoKind::kNone ? 1 : (made.bytes.size() - 40 + 999) / 1000;
        queue.push(std::move(made), now);
        ASSERT_LE(queue.octets(), 300000u);
      } else if (const auto front = queue.front(c, now)) {
        const std::pair<std::uint32_t, std::size_t> key{load_be32(&front->packet->bytes[4]),
                                                        front->first};
        auto& before = last[front->packet->flow_hash];
        ASSERT_GT(key, before);
        const std::size_t count = 1 + random() % front->count;
        before = {key.first, key.second + count - 1};
        sent += count;
        queue.pop(c, count);
      }
    }
    for (const TrafficClass c : {TrafficClass::kRealTime, TrafficClass::kInteractive, kBulk}) {
      while (const auto front = queue.front(c, now)) {
        sent += front->count;
        queue.pop(c, front->count);
      }
    }
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.items(), 0u);
    const FlowQueue::Counters& counters = queue.counters();
    EXPECT_GT(counters.dropped_codel.value(), 0u);
    EXPECT_GT(counters.dropped_full.value(), 0u);
    EXPECT_EQ(segments, sent + counters.dropped_codel.value() + counters.dropped_full.value());
  }
}

}  // namespace
}  // namespace hawser
