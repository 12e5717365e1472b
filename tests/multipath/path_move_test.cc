// SPDX-License-Identifier: Apache-2.0
// Addresses that change: which are believed, and how long it takes.
#include <gtest/gtest.h>

#include "tests/multipath/life_pair.h"

namespace hawser::test {
namespace {

const AddressPair kStranger{.local = LifePair::kServerSide.local,
                            .remote = *TransportAddress::parse("203.0.113.66:4500")};

TEST(PathMove, BothEndsAreActiveOneRoundTripAfterTheyBegan) {
  LifePair pair({});
  const TimePoint since = pair.now();
  pair.begin_asking();
  ASSERT_TRUE(
      pair.run_until([&] { return pair.client().life.state() == PathState::kActive; }, Seconds(1)));
  EXPECT_EQ(pair.now() - since, Milliseconds(40));
  ASSERT_TRUE(
      pair.run_until([&] { return pair.server().life.state() == PathState::kActive; }, Seconds(1)));
  EXPECT_EQ(pair.now() - since, Milliseconds(60));
  EXPECT_EQ(pair.server().life.addresses(), LifePair::kServerSide);
}

TEST(PathMove, NewPathOverALossyLinkIsThereWithinASecond) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    LifePair pair({.seed = seed, .full_frame = 1400, .wire = {.loss = 0.05}});
    const TimePoint since = pair.now();
    pair.begin_asking();
    ASSERT_TRUE(pair.run_until(
        [&] {
          return pair.client().life.state() == PathState::kActive &&
                 pair.server().life.state() == PathState::kActive;
        },
        Seconds(3)))
        << seed;
    EXPECT_LE(pair.now() - since, Seconds(1)) << seed;
  }
}

TEST(PathMove, RebindingIsFollowedWithinTwoRoundTrips) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    LifePair pair({.seed = seed, .wire = {.delay = Milliseconds(10 + seed)}});
    const Duration round_trip = 2 * Milliseconds(10 + seed);
    pair.client().life.set_only_hope(true, pair.now());
    pair.server().life.set_only_hope(true, pair.now());
    pair.begin_proven();
    pair.talk();
    pair.run_for(Seconds(2) + Milliseconds(seed * 7));
    pair.rebind();
    const TimePoint since = pair.now();
    ASSERT_TRUE(pair.run_until([&] { return pair.server().moves == 1; }, Seconds(3)));
    EXPECT_EQ(pair.server().life.addresses().remote, pair.mapped());
    // The next packet of the client after at most 20 ms, there, the challenge, its answer.
    EXPECT_LE(pair.now() - since, Milliseconds(20) + round_trip * 3 / 2 + Milliseconds(1));
    pair.run_for(Seconds(3));
    EXPECT_EQ(pair.client().life.state(), PathState::kActive);
    EXPECT_EQ(pair.server().life.state(), PathState::kActive);
    EXPECT_EQ(pair.server().moves, 1u);
  }
}

TEST(PathMove, OldPacketFromElsewhereMovesNothing) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  const std::uint64_t before = pair.server().octets_to_strangers;
  for (int i = 0; i < 50; ++i) {
    pair.deliver(1, {.addresses = kStranger, .octets = 1400, .is_newest = false});
    pair.run_for(Milliseconds(20));
  }
  EXPECT_EQ(pair.server().octets_to_strangers, before);
  EXPECT_EQ(pair.server().life.addresses(), LifePair::kServerSide);
}

// Somebody on the way sends the newest packet on from another address, faster than it comes.
TEST(PathMove, WhoDoesNotAnswerGetsThreeTimesTheOctetsAtMostAndNothingMoves) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  const std::uint64_t before = pair.server().octets_to_strangers;
  pair.deliver(1, {.addresses = kStranger, .octets = 80, .is_newest = true});
  pair.run_for(Seconds(10));
  EXPECT_GT(pair.server().octets_to_strangers, before);
  EXPECT_LE(pair.server().octets_to_strangers - before, 240u);
  EXPECT_EQ(pair.server().life.addresses(), LifePair::kServerSide);
  EXPECT_EQ(pair.server().life.state(), PathState::kActive);
}

TEST(PathMove, AnswerToAChallengeFromElsewhereMovesNothing) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  const TimePoint now{Seconds(1)};
  life.begin(LifePair::kServerSide, AddressOrigin::kProven, now);
  life.note_heard({.addresses = kStranger, .octets = 200, .is_newest = true}, now);
  std::optional<PathChallenge> challenge;
  while (const auto frame = life.poll_frame(now)) {
    if (const auto parsed = PathChallenge::parse(frame->bytes)) {
      challenge = parsed;
      EXPECT_EQ(frame->to, kStranger);
    }
  }
  ASSERT_TRUE(challenge);
  challenge->is_answer = true;
  std::array<std::uint8_t, PathChallenge::kSize> answer;
  challenge->serialize(answer.data());
  EXPECT_TRUE(life.handle_frame(answer, LifePair::kServerSide, now));
  EXPECT_EQ(life.addresses(), LifePair::kServerSide);
  EXPECT_FALSE(life.poll_moved());
  // The control: from where it was challenged it does.
  EXPECT_TRUE(life.handle_frame(answer, kStranger, now));
  EXPECT_EQ(life.addresses(), kStranger);
}

TEST(PathMove, OurOwnNewAddressIsUsedAtOnceAndShownToThePeer) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  AddressPair moved = LifePair::kClientSide;
  moved.local.address = *IpAddress::parse("10.9.0.7");
  pair.client().life.move(moved, pair.now());
  EXPECT_EQ(pair.client().life.addresses(), moved);
  EXPECT_EQ(pair.client().life.state(), PathState::kActive);
  const auto frame = pair.client().life.poll_frame(pair.now());
  ASSERT_TRUE(frame);
  EXPECT_TRUE(PathChallenge::parse(frame->bytes));
  EXPECT_EQ(frame->to, std::nullopt) << "the path's own address by now";
}

TEST(PathMove, OurNewAddressDoesNotUndoWhereThePeerHasGone) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.rebind();
  pair.run_for(Seconds(2));
  ASSERT_EQ(pair.server().life.addresses().remote, pair.mapped());
  AddressPair plan = LifePair::kServerSide;
  plan.local.address = *IpAddress::parse("192.0.2.99");
  pair.server().life.move(plan, pair.now());
  plan.remote = pair.mapped();
  EXPECT_EQ(pair.server().life.addresses(), plan);
  EXPECT_EQ(pair.server().life.state(), PathState::kActive);
}

TEST(PathMove, NewRemoteAddressIsUsedWhenItHasAnswered) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  TimePoint now{Seconds(1)};
  life.begin(LifePair::kClientSide, AddressOrigin::kProven, now);
  AddressPair other = LifePair::kClientSide;
  other.remote.address = *IpAddress::parse("192.0.2.9");
  life.move(other, now);
  EXPECT_EQ(life.addresses(), LifePair::kClientSide);
  std::optional<PathChallenge> challenge;
  while (const auto frame = life.poll_frame(now)) {
    if (!PathChallenge::parse(frame->bytes)) continue;
    challenge = PathChallenge::parse(frame->bytes);
    EXPECT_EQ(frame->to, other);
  }
  ASSERT_TRUE(challenge);
  challenge->is_answer = true;
  std::array<std::uint8_t, PathChallenge::kSize> answer;
  challenge->serialize(answer.data());
  now += Milliseconds(40);
  EXPECT_TRUE(life.handle_frame(answer, other, now));
  EXPECT_EQ(life.addresses(), other);
  EXPECT_TRUE(life.poll_moved());
  EXPECT_EQ(life.state(), PathState::kActive);
}

}  // namespace
}  // namespace hawser::test
