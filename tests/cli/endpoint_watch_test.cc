// SPDX-License-Identifier: Apache-2.0
#include "cli/endpoint_watch.h"

#include <gtest/gtest.h>

#include <vector>

namespace hawser {
namespace {

class EndpointWatchTest : public ::testing::Test {
 protected:
  // A second passes, in which so many packets are sent and perhaps some come.
  bool step(std::uint64_t sent, bool heard = false) {
    now_ += Seconds(1);
    traffic_.sent_packets += sent;
    if (heard) traffic_.last_received = now_;
    return watch_.wants_lookup(traffic_, now_);
  }
  // Seconds until the next lookup; -1 if there is none within so many.
  int seconds_until_lookup(int limit, std::uint64_t sent, bool heard = false) {
    for (int i = 1; i <= limit; ++i) {
      if (step(sent, heard)) return i;
    }
    return -1;
  }
  void find_address() {
    ASSERT_EQ(seconds_until_lookup(1, 0), 1);
    watch_.lookup_succeeded(now_);
  }

  EndpointWatch watch_;
  EndpointWatch::Traffic traffic_;
  TimePoint now_{Seconds(1000)};
};

TEST_F(EndpointWatchTest, LooksUpAtOnceAndAgainWithGrowingPauses) {
  EXPECT_TRUE(step(0));
  EXPECT_EQ(seconds_until_lookup(100, 1), -1) << "one lookup at a time";
  std::vector<int> pauses;
  for (int i = 0; i < 8; ++i) {
    watch_.lookup_failed(now_);
    pauses.push_back(seconds_until_lookup(200, 0));
  }
  EXPECT_EQ(pauses, (std::vector<int>{1, 2, 4, 8, 16, 32, 60, 60}));
  watch_.lookup_succeeded(now_);
  EXPECT_TRUE(watch_.has_address());
  EXPECT_EQ(seconds_until_lookup(1000, 0), -1);
}

TEST_F(EndpointWatchTest, LooksUpAgainWhenTwoMinutesOfSendingHadNoAnswer) {
  find_address();
  EXPECT_EQ(seconds_until_lookup(300, 5, true), -1) << "it answers";
  EXPECT_EQ(seconds_until_lookup(300, 5), 121);
  watch_.lookup_succeeded(now_);
  EXPECT_EQ(seconds_until_lookup(300, 5), 60) << "at most once a minute";
  watch_.lookup_failed(now_);
  EXPECT_EQ(seconds_until_lookup(300, 5), 60);
  watch_.lookup_succeeded(now_);
  EXPECT_FALSE(step(5, true));
  EXPECT_EQ(seconds_until_lookup(300, 5), 121) << "an answer begins the count again";
}

TEST_F(EndpointWatchTest, SilenceWithoutSendingIsNoReason) {
  find_address();
  EXPECT_EQ(seconds_until_lookup(1000, 0), -1);
  EXPECT_EQ(seconds_until_lookup(60, 1), -1);
  EXPECT_EQ(seconds_until_lookup(1000, 0), -1) << "nobody waits for an answer";
}

}  // namespace
}  // namespace hawser
