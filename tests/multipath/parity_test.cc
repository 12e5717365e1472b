// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "multipath/parity_frame.h"
#include "multipath/parity_receiver.h"
#include "multipath/parity_sender.h"
#include "multipath/shim.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr TimePoint kStart{Seconds(1000)};

Bytes random_packet(SeededRandom& random, std::size_t most) {
  Bytes packet(1 + random.below(most));
  random.fill(packet);
  return packet;
}

TEST(ParityFrame, IsWhatTheDocumentSays) {
  ParityFrame parity{.traffic_class = TrafficClass::kRealTime,
                     .bucket = 0x0102,
                     .first = 0x03040506,
                     .covered = 0x0007,
                     .packets = {}};
  for (const Bytes& packet : {Bytes{0x45, 0x01}, Bytes{0x45, 0x10, 0xff}, Bytes{0x40}}) {
    parity.combine(packet);
  }
  const Bytes octets{0xb0, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
                     0x00, 0x07, 0x00, 0x00, 0x40, 0x11, 0xff};
  EXPECT_EQ(parity.serialize(), octets);
  EXPECT_EQ(ParityFrame::parse(octets), parity);
}

TEST(ParityFrame, WhatIsCutShortOrCoversNothingIsNone) {
  const ParityFrame parity{.first = 7, .covered = 1, .length = 3, .packets = {1}};
  const Bytes octets = parity.serialize();
  ASSERT_TRUE(ParityFrame::parse(octets));
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_FALSE(ParityFrame::parse(ByteSpan(octets).first(size))) << size;
  }
  Bytes without_first = octets;
  without_first[9] = 2;
  EXPECT_FALSE(ParityFrame::parse(without_first));
  Bytes data = octets;
  data[0] = 0x10;
  EXPECT_FALSE(ParityFrame::parse(data));
}

TEST(ParitySender, SendsNothingWhereNothingIsLost) {
  ParitySender sender;
  sender.update(ParitySender::Losses{}, kStart);
  EXPECT_FALSE(sender.covers(100));
  sender.update(ParitySender::Losses{.packets = 1, .share = 0.01}, kStart);
  EXPECT_TRUE(sender.covers(ParitySender::kPacketMax));
  EXPECT_FALSE(sender.covers(ParitySender::kPacketMax + 1));
  sender.update(ParitySender::Losses{.packets = 1}, kStart + ParitySender::kMemory);
  EXPECT_FALSE(sender.covers(100));
  sender.update(ParitySender::Losses{.packets = 2, .share = 0.01}, kStart + Seconds(60));
  EXPECT_TRUE(sender.covers(100));
  sender.update(std::nullopt, kStart + Seconds(60));
  EXPECT_FALSE(sender.covers(100)) << "the second path is there again";
}

TEST(ParitySender, HasOneParityFrameForAFew) {
  for (const double share : {0.02, 0.1}) {
    ParitySender sender;
    sender.update(ParitySender::Losses{.packets = 1, .share = share}, kStart);
    const unsigned group = share < 0.06 ? 3 : 2;
    ASSERT_EQ(sender.group(), group);
    const Bytes packet(172, 1);
    unsigned frames = 0;
    for (std::uint32_t i = 0; i < 60; ++i) {
      sender.add({.bucket = 5, .sequence = i, .path = PathId(1), .packet = packet},
                 kStart + i * Milliseconds(20));
      while (const auto frame = sender.poll_frame()) {
        ++frames;
        EXPECT_EQ(frame->path, PathId(1));
        const auto parity = ParityFrame::parse(frame->bytes);
        ASSERT_TRUE(parity);
        EXPECT_EQ(parity->first, i + 1 - group);
        EXPECT_EQ(parity->covered, (1u << group) - 1);
      }
    }
    EXPECT_EQ(frames, 60 / group);
  }
}

TEST(ParitySender, PacketsThatAreFarApartHaveNone) {
  ParitySender sender;
  sender.update(ParitySender::Losses{.packets = 1, .share = 0.02}, kStart);
  const Bytes packet(172, 1);
  for (std::uint32_t i = 0; i < 60; ++i) {
    sender.add({.bucket = 5, .sequence = i, .packet = packet}, kStart + i * Milliseconds(70));
    EXPECT_FALSE(sender.poll_frame()) << "in time";
    sender.add({.bucket = 6, .sequence = 20 * i, .packet = packet}, kStart + i * Milliseconds(1));
    EXPECT_FALSE(sender.poll_frame()) << "in number";
  }
}

// Random packets, losses and orders: what comes out of recovery is what was sent, and each group
// with one loss is made whole.
TEST(Parity, OneLossOfAGroupIsRecoveredWhateverTheOrder) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    ParitySender sender;
    ParityReceiver receiver;
    const double share = seed % 2 == 0 ? 0.1 : 0.02;
    sender.update(ParitySender::Losses{.packets = 1, .share = share}, kStart);
    const unsigned group = sender.group();
    std::map<std::uint32_t, Bytes> sent;
    std::set<std::uint32_t> lost;
    unsigned solvable = 0;
    unsigned recovered = 0;
    TimePoint now = kStart;
    auto next = static_cast<std::uint32_t>(random.below(1u << 31) * 2);
    for (int round = 0; round < 50; ++round) {
      std::vector<std::pair<std::uint32_t, Bytes>> frames;
      for (unsigned i = 0; i < group; ++i) {
        frames.emplace_back(next++, random_packet(random, 300));
        sent.insert(frames.back());
        sender.add({.traffic_class = TrafficClass::kRealTime,
                    .bucket = 9,
                    .sequence = frames.back().first,
                    .packet = frames.back().second},
                   now);
      }
      auto parity = ParityFrame::parse(sender.poll_frame()->bytes);
      ASSERT_TRUE(parity);
      const std::uint64_t losses = random.below(3);
      for (std::uint64_t i = 0; i < losses; ++i) {
        const auto which = static_cast<std::ptrdiff_t>(random.below(frames.size()));
        lost.insert(frames[static_cast<std::size_t>(which)].first);
        frames.erase(frames.begin() + which);
      }
      solvable += losses == 1 ? 1 : 0;
      const std::size_t parity_at = random.below(frames.size() + 1);
      for (std::size_t i = 0; i <= frames.size(); ++i) {
        if (i == parity_at) receiver.handle_parity(*parity, now);
        if (i < frames.size()) receiver.note(9, frames[i].first, frames[i].second, now);
      }
      while (const auto one = receiver.poll_recovered()) {
        // One that was only late is made again, too, where the parity frame overtook it.
        recovered += static_cast<unsigned>(lost.erase(one->sequence));
        ASSERT_EQ(sent.count(one->sequence), 1u) << "seed " << seed;
        EXPECT_EQ(one->packet, sent[one->sequence]) << "seed " << seed;
        EXPECT_EQ(one->bucket, 9);
        EXPECT_EQ(one->traffic_class, TrafficClass::kRealTime);
      }
      now += Milliseconds(60);
    }
    EXPECT_EQ(recovered, solvable) << "seed " << seed;
  }
}

TEST(ParityReceiver, ALateFrameIsTheLastThatWasMissing) {
  ParityReceiver receiver;
  const std::vector<Bytes> packets{Bytes(10, 1), Bytes(20, 2), Bytes(30, 3)};
  ParityFrame parity{.bucket = 1, .first = 100, .covered = 7, .packets = {}};
  for (const Bytes& packet : packets) parity.combine(packet);
  receiver.note(1, 100, packets[0], kStart);
  receiver.handle_parity(parity, kStart);
  EXPECT_FALSE(receiver.poll_recovered());
  receiver.note(1, 102, packets[2], kStart);
  const auto one = receiver.poll_recovered();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->sequence, 101u);
  EXPECT_EQ(one->packet, packets[1]);
}

TEST(ParityReceiver, WhatAnAuthenticPeerMayDoIsBounded) {
  ParityReceiver receiver;
  SeededRandom random(1);
  const Bytes packet(100, 1);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const auto bucket = static_cast<std::uint16_t>(random.below(1000));
    receiver.note(bucket, static_cast<std::uint32_t>(random.below(100)), packet, kStart);
    ParityFrame parity{.bucket = bucket, .covered = 1, .packets = {}};
    parity.first = static_cast<std::uint32_t>(random.below(100));
    parity.covered = static_cast<std::uint16_t>(random.below(65536) | 1);
    parity.length = static_cast<std::uint16_t>(random.below(65536));
    parity.packets.resize(random.below(3000));
    receiver.handle_parity(std::move(parity), kStart);
    while (const auto one = receiver.poll_recovered()) {
      EXPECT_LE(one->packet.size(), ParityReceiver::kPacketMax);
      EXPECT_FALSE(one->packet.empty());
    }
  }
}

TEST(ParityReceiver, FramesOfLongAgoAreOthers) {
  ParityReceiver receiver;
  const Bytes old(10, 1);
  receiver.note(1, 5, old, kStart);
  ParityFrame parity{.bucket = 1, .first = 5, .covered = 3, .packets = {}};
  parity.combine(Bytes(10, 7));
  parity.combine(Bytes(10, 8));
  receiver.handle_parity(parity, kStart + ParityReceiver::kLifetime);
  EXPECT_FALSE(receiver.poll_recovered());
}

}  // namespace
}  // namespace hawser
