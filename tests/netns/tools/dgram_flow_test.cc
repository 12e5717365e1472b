// SPDX-License-Identifier: Apache-2.0
#include "tests/netns/tools/dgram_flow.h"

#include <gtest/gtest.h>

namespace hawser::lab {
namespace {

std::vector<std::uint8_t> datagram(std::uint32_t flow, std::uint32_t sequence,
                                   std::size_t size = 100, std::uint32_t trial = 9) {
  std::vector<std::uint8_t> bytes(size);
  write_datagram({trial, flow, sequence}, bytes);
  return bytes;
}

TEST(DatagramSink, CountsEachFlowByItself) {
  DatagramSink sink(9, 2, true);
  for (const std::uint32_t sequence : {0u, 1u, 3u, 2u, 4u, 2u, 7u})
    sink.take(datagram(1, sequence));
  sink.take(datagram(0, 0, kDatagramSizeMin));
  sink.take(datagram(0, 5, 65'507));
  EXPECT_EQ(sink.report(1).received, 6u);
  EXPECT_EQ(sink.report(1).reordered, 1u);
  EXPECT_EQ(sink.report(1).duplicated, 1u);
  EXPECT_EQ(sink.report(1).octets, 600u);
  EXPECT_EQ(sink.report(0).received, 2u);
  EXPECT_EQ(sink.report(0).reordered, 0u);
}

TEST(DatagramSink, EveryChangedOctetIsSeen) {
  for (std::size_t at = 4; at < 100; ++at) {
    DatagramSink sink(9, 1, true);
    auto bytes = datagram(0, 77);
    bytes[at] ^= 0x20;
    sink.take(bytes);
    EXPECT_EQ(sink.report(0).corrupted, 1u) << at;
    EXPECT_EQ(sink.report(0).received, 0u) << at;
  }
}

TEST(DatagramSink, TruncationIsCorruption) {
  DatagramSink sink(9, 1, true);
  auto bytes = datagram(0, 1);
  bytes.pop_back();
  sink.take(bytes);
  bytes.resize(3);
  sink.take(bytes);
  EXPECT_EQ(sink.report(0).corrupted, 2u);
}

TEST(DatagramSink, IgnoresOtherTrials) {
  DatagramSink sink(9, 1, true);
  sink.take(datagram(0, 0, 100, 8));
  EXPECT_EQ(sink.report(0).received, 0u);
  EXPECT_EQ(sink.report(0).corrupted, 0u);
}

}  // namespace
}  // namespace hawser::lab
