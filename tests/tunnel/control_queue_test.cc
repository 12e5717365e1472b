// SPDX-License-Identifier: Apache-2.0
#include "tunnel/control_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/tunnel/plane_pair.h"

namespace hawser {
namespace {

const AddressPair kFrom{transport("192.0.2.2:4500"), transport("198.51.100.7:500")};

Bytes marked(Bytes message) {
  message.insert(message.begin(), 4, 0);
  return message;
}

void receive(DataPlane& plane, Bytes datagram) {
  OuterPacket packet{kFrom, datagram, Ecn::kNotEct};
  plane.handle_outer_packets({&packet, 1}, {});
}

TEST(ControlQueue, KeepsTheOrderAndIsBounded) {
  ControlQueue queue;
  EXPECT_FALSE(queue.pop());
  for (std::size_t i = 0; i < ControlQueue::kMaxPackets; ++i) {
    ASSERT_TRUE(queue.push(kFrom, pattern(1, static_cast<std::uint32_t>(i))));
  }
  EXPECT_FALSE(queue.push(kFrom, pattern(1))) << "full";
  for (std::size_t i = 0; i < ControlQueue::kMaxPackets; ++i) {
    const auto packet = queue.pop();
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->bytes, pattern(1, static_cast<std::uint32_t>(i)));
    EXPECT_EQ(packet->addresses, kFrom);
  }
  EXPECT_TRUE(queue.empty());
}

TEST(ControlQueue, IsBoundedInOctetsToo) {
  ControlQueue queue;
  const Bytes large = pattern(60000);
  std::size_t taken = 0;
  while (queue.push(kFrom, large)) ++taken;
  EXPECT_EQ(taken, ControlQueue::kMaxBytes / large.size());
  while (queue.pop()) continue;
  EXPECT_TRUE(queue.push(kFrom, large)) << "room again";
}

Bytes ike_message(std::uint64_t responder_spi, std::uint8_t first_payload) {
  Bytes message = pattern(40);
  store_be64(&message[8], responder_spi);
  message[16] = first_payload;
  return message;
}

TEST(ControlQueue, AFloodOfOneKindLeavesTheOthersTheirShare) {
  const Bytes newcomer = ike_message(0, 33);
  const Bytes with_cookie = ike_message(0, 41);
  const Bytes of_an_sa = ike_message(7, 46);
  for (const Bytes& flood : {newcomer, with_cookie, of_an_sa}) {
    ControlQueue queue;
    while (queue.push(kFrom, flood)) continue;
    for (const Bytes& other : {newcomer, with_cookie, of_an_sa}) {
      EXPECT_EQ(queue.push(kFrom, other), other != flood);
    }
    std::vector<Bytes> first;
    for (int i = 0; i < 3; ++i) first.push_back(queue.pop()->bytes);
    for (const Bytes& message : {newcomer, with_cookie, of_an_sa}) {
      EXPECT_EQ(std::ranges::count(first, message), 1);
    }
  }
}

TEST(DataPlaneControl, IsADropUnlessSomebodyNegotiates) {
  DataPlane plane({});
  receive(plane, marked(pattern(40)));
  EXPECT_EQ(PlanePair::drops(plane, DropReason::kControlPacket), 1u);
  EXPECT_FALSE(plane.has_control());
  plane.handle_command(AcceptControl{true}, {});
  receive(plane, marked(pattern(40)));
  EXPECT_TRUE(plane.has_control());
  EXPECT_EQ(PlanePair::drops(plane, DropReason::kControlPacket), 1u);
  const auto packet = plane.poll_control();
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->bytes, pattern(40)) << "without the marker";
  EXPECT_EQ(packet->addresses, kFrom);
  EXPECT_FALSE(plane.poll_control());
}

TEST(DataPlaneControl, FromThePortOfIkeHasNoMarker) {
  DataPlane plane({});
  plane.handle_command(AcceptControl{true}, {});
  Bytes message = marked(pattern(40));  // an IKE SPI may begin with zeros
  const Bytes before = message;
  OuterPacket packet{kFrom, message, Ecn::kNotEct};
  plane.handle_control_packets({&packet, 1});
  const auto taken = plane.poll_control();
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->bytes, before);
}

TEST(DataPlaneControl, AFloodIsCountedAndEspGoesOn) {
  PlanePair planes;
  planes.right.handle_command(AcceptControl{true}, {});
  constexpr std::size_t kFlood = 10'000;
  std::size_t delivered = 0;
  for (std::size_t i = 0; i < kFlood; ++i) {
    receive(planes.right, marked(pattern(100)));
    if (i % 100 == 0) delivered += planes.open(planes.seal(make_udp({}, pattern(50)))).size();
  }
  EXPECT_EQ(delivered, kFlood / 100);
  EXPECT_EQ(PlanePair::drops(planes.right, DropReason::kControlFull),
            kFlood - ControlQueue::kMaxPackets);
}

}  // namespace
}  // namespace hawser
