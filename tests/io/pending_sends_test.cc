// SPDX-License-Identifier: Apache-2.0
#include "tunnel/io/pending_sends.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

Transmit transmit_of(const std::vector<std::uint8_t>& bytes, std::uint16_t segment,
                     const char* remote = "192.0.2.1:4500") {
  Transmit transmit;
  transmit.addresses.remote = *TransportAddress::parse(remote);
  transmit.bytes = bytes;
  transmit.segment_size = segment;
  transmit.ecn = Ecn::kEct1;
  transmit.link = 7;
  return transmit;
}

TEST(PendingSends, KeepsACopyOfTheRestInOrder) {
  PendingSends pending;
  EXPECT_TRUE(pending.empty());
  std::vector<std::uint8_t> bytes{0, 0, 1, 1, 2, 2, 3};
  ASSERT_TRUE(pending.push(transmit_of(bytes, 2), 1));
  bytes.assign(7, 9);
  ASSERT_TRUE(pending.push(transmit_of(bytes, 7), 0));
  auto front = pending.front(IpFamily::kV4);
  ASSERT_TRUE(front);
  EXPECT_EQ(std::vector<std::uint8_t>(front->bytes.begin(), front->bytes.end()),
            (std::vector<std::uint8_t>{1, 1, 2, 2, 3}));
  EXPECT_EQ(front->segment_size, 2);
  EXPECT_EQ(front->ecn, Ecn::kEct1);
  EXPECT_EQ(front->link, 7u);
  pending.advance(IpFamily::kV4, 2);
  EXPECT_EQ(pending.front(IpFamily::kV4)->bytes.size(), 1U);
  pending.advance(IpFamily::kV4, 1);
  EXPECT_EQ(pending.front(IpFamily::kV4)->bytes[0], 9);
  pending.advance(IpFamily::kV4, 1);
  EXPECT_TRUE(pending.empty());
}

TEST(PendingSends, FamiliesDoNotWaitForEachOther) {
  PendingSends pending;
  const std::vector<std::uint8_t> bytes(10);
  ASSERT_TRUE(pending.push(transmit_of(bytes, 10, "[2001:db8::1]:4500"), 0));
  EXPECT_TRUE(pending.empty(IpFamily::kV4));
  EXPECT_FALSE(pending.empty(IpFamily::kV6));
  EXPECT_FALSE(pending.front(IpFamily::kV4));
}

TEST(PendingSends, IsBoundedAndEmptiesAgain) {
  PendingSends pending;
  const std::vector<std::uint8_t> bytes(60000);
  std::size_t taken = 0;
  while (taken < 100 && pending.push(transmit_of(bytes, 1000), 0)) ++taken;
  EXPECT_EQ(taken, PendingSends::kMaxBytes / bytes.size());
  for (; taken != 0; --taken) pending.advance(IpFamily::kV4, 60);
  EXPECT_TRUE(pending.empty());
  EXPECT_TRUE(pending.push(transmit_of(bytes, 1000), 0));
}

}  // namespace
}  // namespace hawser
