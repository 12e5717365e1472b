// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_life.h"

#include <gtest/gtest.h>

#include "tests/multipath/life_pair.h"

namespace hawser::test {
namespace {

std::vector<std::uint8_t> written(const PathProbe& probe) {
  std::vector<std::uint8_t> bytes(probe.size);
  probe.serialize(bytes.data());
  return bytes;
}

TEST(PathLife, IsACandidateThatSaysNothingUntilItBegins) {
  SeededRandom random(1);
  PathLife life({.id = PathId(3)}, random);
  const TimePoint now{Seconds(1)};
  EXPECT_EQ(life.state(), PathState::kCandidate);
  EXPECT_TRUE(life.handle_frame(written({.number = 1}), LifePair::kServerSide, now));
  EXPECT_FALSE(life.poll_frame(now));
  EXPECT_EQ(life.next_timeout(), std::nullopt);
}

TEST(PathLife, ChangesAreToldWithReasonsInWords) {
  LifePair pair({});
  pair.begin_asking();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.set_down(true);
  pair.run_for(Seconds(4));
  const auto& changes = pair.client().changes;
  ASSERT_EQ(changes.size(), 4u) << pair.story(pair.client());
  EXPECT_EQ(changes[0].reason, "asked whether the peer is there");
  EXPECT_EQ(changes[1].reason, "the peer answers");
  EXPECT_TRUE(changes[2].reason.starts_with("silent for ")) << changes[2].reason;
  EXPECT_TRUE(changes[2].reason.ends_with(" probes are unanswered")) << changes[2].reason;
  EXPECT_TRUE(changes[3].reason.starts_with("no answer for ")) << changes[3].reason;
  EXPECT_EQ(changes[3].to, PathState::kFailed);
}

TEST(PathLife, ThatNeverAnswersFailsAndIsAskedOn) {
  LifePair pair({});
  pair.set_down(true);
  pair.begin_asking();
  pair.run_for(Seconds(6));
  EXPECT_EQ(pair.client().life.state(), PathState::kFailed);
  EXPECT_EQ(pair.client().life.reason(), "the peer never answered");
  pair.run_for(Seconds(60));
  pair.set_down(false);
  ASSERT_TRUE(pair.run_until([&] { return pair.client().life.state() == PathState::kActive; },
                             Milliseconds(1200)));
}

// A handshake comes through, data does not: a tunnel in between with a small MTU.
TEST(PathLife, IsNotActiveBeforeALongPacketCameThroughUnlessItIsTheOnlyOne) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0), .full_frame = 1400}, random);
  TimePoint now{Seconds(1)};
  life.begin(LifePair::kClientSide, AddressOrigin::kGiven, now);
  bool asked_for_long = false;
  for (int i = 0; i < 60; ++i) {
    while (const auto frame = life.poll_frame(now)) {
      asked_for_long = asked_for_long || frame->bytes.size() == 1400;
      if (auto challenge = PathChallenge::parse(frame->bytes)) {
        challenge->is_answer = true;
        std::array<std::uint8_t, PathChallenge::kSize> answer;
        challenge->serialize(answer.data());
        life.handle_frame(answer, LifePair::kClientSide, now);
      } else if (frame->bytes.size() < 1000) {
        const auto probe = PathProbe::parse(frame->bytes);
        std::array<std::uint8_t, PathProbeAnswer::kMinSize> answer;
        PathProbeAnswer{.number = probe->number, .echo = probe->stamp}.serialize(answer.data());
        life.handle_frame(answer, LifePair::kClientSide, now);
      }
    }
    now += Milliseconds(100);
    life.handle_timeout(now);
  }
  EXPECT_TRUE(asked_for_long);
  EXPECT_EQ(life.state(), PathState::kValidating);
  EXPECT_EQ(life.reason(), "the peer answers, but packets of 1400 octets do not come through");
  life.set_only_hope(true, now);
  EXPECT_EQ(life.state(), PathState::kActive);
}

TEST(PathLife, FarewellOfThePeerEndsItAtOnceAndAnAnswerBringsItBack) {
  LifePair pair({});
  pair.begin_asking();
  pair.talk();
  pair.run_for(Seconds(2));
  ASSERT_EQ(pair.client().life.state(), PathState::kActive);
  pair.client().life.handle_farewell(pair.now());
  EXPECT_EQ(pair.client().life.state(), PathState::kFailed);
  EXPECT_EQ(pair.client().life.reason(), "the peer says that its end is down");
  ASSERT_TRUE(pair.run_until([&] { return pair.client().life.is_usable(); }, Seconds(1)));
}

TEST(PathLife, AnswersAProbeAsLongAsAsked) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  const TimePoint now{Seconds(1)};
  life.begin(LifePair::kServerSide, AddressOrigin::kProven, now);
  while (life.poll_frame(now)) continue;
  for (const bool is_long : {false, true}) {
    const PathProbe probe{.number = 7, .stamp = 99, .answer_as_long = is_long, .size = 1000};
    ASSERT_TRUE(life.handle_frame(written(probe), LifePair::kServerSide, now));
    const auto frame = life.poll_frame(now + Milliseconds(3));
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->to, std::nullopt);
    const auto answer = PathProbeAnswer::parse(frame->bytes);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->number, 7u);
    EXPECT_EQ(answer->echo, 99u);
    EXPECT_NEAR(answer->held, 3 * 16.384, 1);
    EXPECT_EQ(answer->size, is_long ? 1000 : PathProbeAnswer::kMinSize);
  }
}

TEST(PathLife, AnswersThatWaitAreBounded) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  const TimePoint now{Seconds(1)};
  life.begin(LifePair::kServerSide, AddressOrigin::kProven, now);
  for (std::uint32_t i = 0; i < 100; ++i) {
    life.handle_frame(written({.number = i}), LifePair::kServerSide, now);
  }
  EXPECT_EQ(life.dropped_frames(), 100 - PathLife::kFramesMax);
  std::size_t answers = 0;
  while (const auto frame = life.poll_frame(now)) {
    if (PathProbeAnswer::parse(frame->bytes)) ++answers;
  }
  EXPECT_EQ(answers, PathLife::kFramesMax);
}

TEST(PathLife, DisabledPathIsSilentSoThatThePeerLeavesItToo) {
  LifePair pair({});
  pair.begin_proven();
  pair.talk();
  pair.run_for(Seconds(2));
  pair.client().life.disable("switched off by hand", pair.now());
  pair.talk(false, true);
  pair.run_for(Seconds(4));
  EXPECT_EQ(pair.client().life.reason(), "switched off by hand");
  EXPECT_EQ(pair.server().life.state(), PathState::kFailed);
  pair.client().life.enable(pair.now());
  EXPECT_EQ(pair.client().life.state(), PathState::kValidating);
  pair.run_for(Seconds(4));
  EXPECT_EQ(pair.client().life.state(), PathState::kActive);
  EXPECT_EQ(pair.server().life.state(), PathState::kActive);
}

TEST(PathLife, BegunWithItsLinkDownItWaitsForTheLink) {
  LifePair pair({});
  pair.client().life.handle_link(false, "eth0 has no carrier", pair.now());
  pair.begin_asking();
  pair.run_for(Seconds(3));
  EXPECT_EQ(pair.client().life.state(), PathState::kFailed);
  EXPECT_EQ(pair.client().sent, 0u);
  pair.client().life.handle_link(true, "", pair.now());
  ASSERT_TRUE(pair.run_until([&] { return pair.client().life.state() == PathState::kActive; },
                             Milliseconds(200)));
}

TEST(PathLife, MalformedFramesAndOthersAreNotTaken) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  const TimePoint now{Seconds(1)};
  life.begin(LifePair::kServerSide, AddressOrigin::kProven, now);
  auto probe = written({.number = 1});
  probe.pop_back();
  EXPECT_FALSE(life.handle_frame(probe, LifePair::kServerSide, now));
  EXPECT_FALSE(life.handle_frame({}, LifePair::kServerSide, now));
  std::array<std::uint8_t, kShimSize> data;
  ShimHeader{.type = ShimType::kData}.serialize(data.data());
  EXPECT_FALSE(life.handle_frame(data, LifePair::kServerSide, now));
}

TEST(PathLife, AnAnswerThatWasOnItsWayBringsNoDeadLinkBack) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  TimePoint now{Seconds(1)};
  life.begin(LifePair::kServerSide, AddressOrigin::kProven, now);
  std::optional<PathFrame> probe;
  while (!probe) {
    now = life.next_timeout().value();
    life.handle_timeout(now);
    probe = life.poll_frame(now);
  }
  life.handle_link(false, "eth0 has no carrier", now);
  std::array<std::uint8_t, PathProbeAnswer::kMinSize> answer;
  PathProbeAnswer{.number = PathProbe::parse(probe->bytes)->number}.serialize(answer.data());
  EXPECT_TRUE(life.handle_frame(answer, LifePair::kServerSide, now + Milliseconds(20)));
  EXPECT_EQ(life.state(), PathState::kFailed);
  EXPECT_TRUE(life.poll_round_trip());
}

// An answer that nobody asked for, or that comes twice, proves nothing.
TEST(PathLife, UnaskedAnswersBringNothingBack) {
  SeededRandom random(1);
  PathLife life({.id = PathId(0)}, random);
  const TimePoint now{Seconds(1)};
  life.begin(LifePair::kServerSide, AddressOrigin::kProven, now);
  life.handle_link(false, "eth0 has no carrier", now);
  life.handle_link(true, "", now);
  std::array<std::uint8_t, PathProbeAnswer::kMinSize> answer;
  PathProbeAnswer{.number = 77}.serialize(answer.data());
  EXPECT_TRUE(life.handle_frame(answer, LifePair::kServerSide, now));
  EXPECT_EQ(life.state(), PathState::kFailed);
  EXPECT_FALSE(life.poll_round_trip());
}

}  // namespace
}  // namespace hawser::test
