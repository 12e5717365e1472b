// SPDX-License-Identifier: Apache-2.0
#include "tunnel/inner_coalescer.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"
#include "tunnel/inner_segmenter.h"
#include "tunnel/packet.h"

namespace hawser {
namespace {

struct Written {
  Bytes bytes;
  Gso gso;
  std::size_t parts = 0;
};

std::vector<Written> merge(std::vector<Bytes>& packets, InnerCoalescer::Options options = {}) {
  InnerCoalescer coalescer;
  coalescer.set_options(options);
  for (Bytes& packet : packets) coalescer.add(packet, *IpHeader::parse(packet));
  coalescer.finish();
  std::vector<Written> writes;
  while (const auto batch = coalescer.poll()) {
    Written& write = writes.emplace_back(Written{{}, batch->gso, batch->parts.size()});
    for (const ByteSpan part : batch->parts) {
      write.bytes.insert(write.bytes.end(), part.begin(), part.end());
    }
  }
  return writes;
}

std::vector<Bytes> cut(const Written& write) {
  if (write.gso.kind == GsoKind::kNone) return {write.bytes};
  Bytes bytes = write.bytes;
  const auto segmenter = InnerSegmenter::make({bytes, write.gso}, *IpHeader::parse(bytes));
  std::vector<Bytes> packets;
  for (std::size_t i = 0; segmenter && i < segmenter->count(); ++i) {
    segmenter->write(i, packets.emplace_back(segmenter->size_of(i)).data());
  }
  return packets;
}

std::vector<Bytes> tcp_stream(const FlowSpec& flow, unsigned count, std::size_t size = 1000) {
  std::vector<Bytes> packets;
  for (unsigned i = 0; i < count; ++i) {
    packets.push_back(make_tcp(flow, {.sequence = static_cast<std::uint32_t>(7 + i * size)},
                               pattern(size, i), static_cast<std::uint16_t>(40 + i)));
  }
  return packets;
}

TEST(InnerCoalescer, TcpSegmentsBecomeOneSuperPacketThatCutsBackTheSame) {
  for (const FlowSpec& flow : {FlowSpec{}, FlowSpec{.dont_fragment = false},
                               FlowSpec{.source = "fd01::1", .destination = "fd02::1", .tos = 2}}) {
    const std::vector<Bytes> original = tcp_stream(flow, 20);
    std::vector<Bytes> packets = original;
    const auto writes = merge(packets);
    ASSERT_EQ(writes.size(), 1u);
    EXPECT_EQ(writes[0].parts, 20u);
    EXPECT_EQ(writes[0].gso.segment_size, 1000);
    EXPECT_TRUE(writes[0].gso.needs_checksum);
    EXPECT_EQ(cut(writes[0]), original);
  }
}

TEST(InnerCoalescer, AnOddBurstIsNotRemembered) {
  InnerCoalescer coalescer;
  const auto write_each = [&coalescer](unsigned count) {
    coalescer.clear();
    std::vector<Bytes> packets;
    for (unsigned i = 0; i < count; ++i) {
      packets.push_back(make_udp({.source_port = static_cast<std::uint16_t>(i)}, pattern(20, i)));
    }
    for (Bytes& packet : packets) coalescer.add(packet, *IpHeader::parse(packet));
    coalescer.finish();
    unsigned writes = 0;
    while (coalescer.poll()) ++writes;
    return writes;
  };
  EXPECT_EQ(write_each(1000), 1000u);
  EXPECT_EQ(coalescer.capacity(), kReceivePackets);
  EXPECT_EQ(write_each(5000), 5000u);
  EXPECT_GE(coalescer.capacity(), 5000u);
  EXPECT_EQ(write_each(2), 2u);
  EXPECT_EQ(coalescer.capacity(), kReceivePackets);
}

TEST(InnerCoalescer, UdpDatagramsOfOneSizeMerge) {
  std::vector<Bytes> original;
  for (unsigned i = 0; i < 10; ++i) {
    original.push_back(make_udp({}, pattern(i == 9 ? 50 : 172, i), static_cast<std::uint16_t>(i)));
  }
  std::vector<Bytes> packets = original;
  const auto writes = merge(packets);
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_EQ(cut(writes[0]), original);
}

TEST(InnerCoalescer, ALonePacketIsWrittenAsItCame) {
  std::vector<Bytes> packets = {make_tcp({}, {}, pattern(100))};
  packets[0].back() ^= 1;  // a wrong checksum is the kernel's to find
  const Bytes before = packets[0];
  const auto writes = merge(packets);
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_EQ(writes[0].bytes, before);
  EXPECT_FALSE(writes[0].gso.needs_checksum);
}

void refresh(Bytes& packet) {  // right checksums again after a change
  store_be16(&packet[10], 0);
  const auto header = IpHeader::parse(packet);
  set_ip_length(packet, *header, packet.size());
}

Bytes second(const FlowSpec& flow, TcpSpec tcp) {
  if (tcp.sequence == 1) tcp.sequence = 1007;
  return make_tcp(flow, tcp, pattern(1000, 1), 41);
}

TEST(InnerCoalescer, WhatDiffersIsNotMerged) {
  const std::vector<std::pair<const char*, Bytes>> changed = {
      {"acknowledgement", second({}, {.acknowledgement = 2})},
      {"window", second({}, {.window = 999})},
      {"ttl", second({.ttl = 63}, {})},
      {"ecn", second({.tos = 3}, {})},
      {"dscp", second({.tos = 0xb8}, {})},
      {"dont-fragment", second({.dont_fragment = false}, {})},
      {"sequence gap", second({}, {.sequence = 1008})},
      {"options", second({}, {.options = {1, 1, 1, 1}})},
      {"fin", second({}, {.flags = 0x11})},
      {"ece", second({}, {.flags = 0x50})},
      {"urg", second({}, {.flags = 0x30})},
  };
  for (const auto& [name, packet] : changed) {
    std::vector<Bytes> packets = tcp_stream({}, 3);
    packets[1] = packet;
    const std::vector<Bytes> before = packets;
    const auto writes = merge(packets);
    ASSERT_EQ(writes.size(), 3u) << name;
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(writes[i].bytes, before[i]) << name;
  }
}

TEST(InnerCoalescer, WrongChecksumsAreNeverVouchedFor) {
  for (std::size_t bad = 0; bad < 3; ++bad) {
    for (const std::size_t at : {std::size_t{500}, std::size_t{11}}) {  // TCP, IPv4 header
      std::vector<Bytes> packets = tcp_stream({}, 3);
      packets[bad][at] ^= 0x40;
      const Bytes before = packets[bad];
      bool found_alone = false;
      for (const Written& write : merge(packets)) {
        if (write.parts == 1 && write.bytes == before) found_alone = true;
      }
      EXPECT_TRUE(found_alone) << "packet " << bad << ", octet " << at;
    }
  }
}

TEST(InnerCoalescer, NothingPassesAFragment) {
  std::vector<Bytes> packets;
  for (unsigned i = 0; i < 3; ++i) {
    packets.push_back(make_udp({}, pattern(172, i), static_cast<std::uint16_t>(i)));
  }
  store_be16(&packets[1][6], 0x2000);  // more fragments follow: it may be of the same flow
  const std::vector<Bytes> original = packets;
  const auto writes = merge(packets);
  ASSERT_EQ(writes.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(writes[i].bytes, original[i]);
}

TEST(InnerCoalescer, PushAndShorterEndASuperPacket) {
  std::vector<Bytes> packets = tcp_stream({}, 4);
  packets[1] = make_tcp({}, {.sequence = 1007, .flags = 0x18}, pattern(1000, 1), 41);
  const std::vector<Bytes> before = packets;
  const auto writes = merge(packets);
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(cut(writes[0]), (std::vector<Bytes>{before[0], before[1]}));
  EXPECT_EQ(cut(writes[1]), (std::vector<Bytes>{before[2], before[3]}));
}

TEST(InnerCoalescer, NothingLeavesTheSizeOfAnIpPacket) {
  std::vector<Bytes> packets = tcp_stream({}, 60, 1400);
  std::size_t total = 0;
  for (const Written& write : merge(packets)) {
    EXPECT_LE(write.bytes.size(), 65535u);
    EXPECT_LE(write.parts, 64u);
    total += write.parts;
  }
  EXPECT_EQ(total, 60u);
}

TEST(InnerCoalescer, OptionsTurnItOff) {
  std::vector<Bytes> packets = tcp_stream({}, 3);
  EXPECT_EQ(merge(packets, {.tcp = false}).size(), 3u);
  std::vector<Bytes> datagrams = {make_udp({}, pattern(9)), make_udp({}, pattern(9), 1)};
  EXPECT_EQ(merge(datagrams, {.udp = false}).size(), 2u);
}

// Random mixes of flows, sizes, flags and damage: what comes out, cut again, is what went in, in
// order within each flow.
TEST(InnerCoalescer, RandomMixesKeepEveryPacketAndTheOrderOfEachFlow) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    std::map<std::uint32_t, std::uint32_t> next;
    std::vector<Bytes> packets;
    for (std::uint64_t i = 0; i < 64; ++i) {
      const auto port = static_cast<std::uint16_t>(1 + random.below(12));
      const FlowSpec flow{.source_port = port, .dont_fragment = random.chance(0.9)};
      const Bytes payload = pattern(random.chance(0.8) ? 300 : 1 + random.below(400),
                                    static_cast<std::uint32_t>(seed * 100 + i));
      if (port % 3 == 0) {
        packets.push_back(make_udp(flow, payload, static_cast<std::uint16_t>(i)));
      } else {
        const std::uint8_t flags = random.chance(0.1) ? 0x18 : random.chance(0.05) ? 0x11 : 0x10;
        packets.push_back(make_tcp(flow, {.sequence = next[port], .flags = flags}, payload,
                                   static_cast<std::uint16_t>(i)));
        next[port] += static_cast<std::uint32_t>(payload.size());
      }
      if (random.chance(0.05)) packets.back().back() ^= 0x10;
    }
    const auto by_flow = [](const std::vector<Bytes>& all) {
      std::map<std::uint16_t, std::vector<Bytes>> flows;
      for (Bytes packet : all) {
        const std::uint16_t port = load_be16(&packet[20]);
        if ((packet[6] & 0x40) != 0) {  // with DF the identification means nothing
          store_be16(&packet[4], 0);
          refresh(packet);
        }
        flows[port].push_back(packet);
      }
      return flows;
    };
    const auto expected = by_flow(packets);
    std::vector<Bytes> out;
    for (const Written& write : merge(packets)) {
      for (Bytes& packet : cut(write)) out.push_back(std::move(packet));
    }
    ASSERT_EQ(by_flow(out), expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hawser
