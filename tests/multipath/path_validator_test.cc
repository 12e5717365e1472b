// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_validator.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

constexpr TimePoint kStart{Seconds(5)};

AddressPair from_port(std::uint16_t port) {
  AddressPair pair{.local = *TransportAddress::parse("192.0.2.1:4500"),
                   .remote = *TransportAddress::parse("198.51.100.7:1")};
  pair.remote.port = port;
  return pair;
}

class PathValidatorTest : public testing::Test {
 protected:
  // When it challenged within `length`, in ms.
  std::vector<long> challenges(Duration length) {
    std::vector<long> times;
    for (TimePoint now = kStart; now <= kStart + length; now += Milliseconds(1)) {
      while (const auto due = validator_.poll(now)) {
        times.push_back((now - kStart) / Milliseconds(1));
        last_ = *due;
      }
    }
    return times;
  }

  SeededRandom random_{1};
  PathValidator validator_{random_};
  PathValidator::Due last_{};
};

TEST_F(PathValidatorTest, BacksOffFromOneAndAHalfRoundTripsToOneASecond) {
  validator_.set_rtt(Milliseconds(20));
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  EXPECT_EQ(challenges(Seconds(4)), (std::vector<long>{0, 100, 300, 700, 1500, 2500, 3500}));
}

TEST_F(PathValidatorTest, LongRoundTripIsWaitedFor) {
  validator_.set_rtt(Milliseconds(400));
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  EXPECT_EQ(challenges(Seconds(3)), (std::vector<long>{0, 600, 1600, 2600}));
}

TEST_F(PathValidatorTest, HeardAddressGetsThreeTimesWhatCameAndIsForgotten) {
  validator_.challenge(from_port(1), AddressOrigin::kHeard, kStart);
  EXPECT_EQ(validator_.poll(kStart), std::nullopt) << "nothing came yet";
  EXPECT_EQ(validator_.next_timeout(), std::nullopt);
  validator_.note_heard(from_port(1), 100);
  EXPECT_EQ(challenges(Seconds(2)).size(), 2u);
  validator_.note_heard(from_port(1), 1500);
  EXPECT_TRUE(validator_.poll(kStart + Seconds(2)));
  EXPECT_TRUE(validator_.is_trying(from_port(1)));
  EXPECT_EQ(validator_.poll(kStart + Seconds(3)), std::nullopt);
  EXPECT_FALSE(validator_.is_trying(from_port(1)));
}

TEST_F(PathValidatorTest, OnlyTheChallengedAddressAnswers) {
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  challenges(Duration(0));
  EXPECT_EQ(validator_.handle_answer(last_.token, from_port(2), kStart), std::nullopt);
  ChallengeToken wrong = last_.token;
  wrong[15] ^= 1;
  EXPECT_EQ(validator_.handle_answer(wrong, from_port(1), kStart), std::nullopt);
  const TimePoint later = kStart + Milliseconds(30);
  EXPECT_EQ(validator_.handle_answer(last_.token, from_port(1), later), from_port(1));
  EXPECT_EQ(validator_.round_trip(), Milliseconds(30));
  EXPECT_EQ(validator_.handle_answer(last_.token, from_port(1), later), std::nullopt);
  EXPECT_TRUE(validator_.is_idle());
}

TEST_F(PathValidatorTest, RoundTripOfAChallengeThatWasRepeatedIsNotTaken) {
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  challenges(Milliseconds(150));
  EXPECT_TRUE(validator_.handle_answer(last_.token, from_port(1), kStart + Milliseconds(160)));
  EXPECT_EQ(validator_.round_trip(), std::nullopt);
}

TEST_F(PathValidatorTest, NotSentIsNotAnswered) {
  validator_.challenge(from_port(1), AddressOrigin::kHeard, kStart);
  SeededRandom same(1);
  ChallengeToken token;
  same.fill(token);
  EXPECT_EQ(validator_.handle_answer(token, from_port(1), kStart), std::nullopt);
}

TEST_F(PathValidatorTest, StrangersPutEachOtherOutButNotTheGivenAddress) {
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  for (std::uint16_t port = 2; port < 10; ++port) {
    validator_.challenge(from_port(port), AddressOrigin::kHeard, kStart + Milliseconds(port));
  }
  EXPECT_TRUE(validator_.is_trying(from_port(1)));
  EXPECT_TRUE(validator_.is_trying(from_port(9)));
  EXPECT_TRUE(validator_.is_trying(from_port(8)));
  EXPECT_FALSE(validator_.is_trying(from_port(7)));
}

TEST_F(PathValidatorTest, EachTokenIsNew) {
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  challenges(Duration(0));
  const ChallengeToken first = last_.token;
  validator_.clear();
  validator_.challenge(from_port(1), AddressOrigin::kGiven, kStart);
  challenges(Duration(0));
  EXPECT_NE(last_.token, first);
}

TEST(SameWay, UnspecifiedLocalAddressIsAny) {
  AddressPair open = from_port(1);
  open.local = TransportAddress();
  EXPECT_TRUE(is_same_way(open, from_port(1)));
  EXPECT_TRUE(is_same_way(from_port(1), open));
  EXPECT_FALSE(is_same_way(open, from_port(2)));
  AddressPair other = from_port(1);
  other.local.port = 4501;
  EXPECT_FALSE(is_same_way(other, from_port(1)));
}

}  // namespace
}  // namespace hawser
