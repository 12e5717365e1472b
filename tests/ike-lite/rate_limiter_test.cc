// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/rate_limiter.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"

namespace hawser {
namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }

class RateLimiterTest : public ::testing::Test {
 protected:
  // How many of `count` are allowed.
  unsigned allowed(const IpAddress& source, unsigned count, TimePoint now) {
    unsigned allowed = 0;
    for (unsigned i = 0; i < count; ++i) allowed += limiter_.allow(source, now) ? 1 : 0;
    return allowed;
  }

  const TimePoint start_{Seconds(1000)};
  RateLimiter limiter_{{.per_second = 10, .burst = 20, .max_sources = 100}};
};

TEST_F(RateLimiterTest, ABurstThenTheRate) {
  const IpAddress source = address("192.0.2.1");
  EXPECT_EQ(allowed(source, 100, start_), 20u);
  EXPECT_EQ(allowed(source, 100, start_ + Milliseconds(1000)), 10u);
  EXPECT_EQ(allowed(source, 100, start_ + Milliseconds(1050)), 0u);
  EXPECT_EQ(allowed(source, 100, start_ + Milliseconds(1100)), 1u);
  EXPECT_EQ(allowed(source, 100, start_ + Seconds(1000)), 20u);
}

TEST_F(RateLimiterTest, SourcesDoNotShare) {
  EXPECT_EQ(allowed(address("192.0.2.1"), 100, start_), 20u);
  EXPECT_EQ(allowed(address("192.0.2.2"), 100, start_), 20u);
}

TEST_F(RateLimiterTest, AnIpv6NetworkIsOneSource) {
  EXPECT_EQ(allowed(address("2001:db8::1"), 15, start_), 15u);
  EXPECT_EQ(allowed(address("2001:db8::ffff:1"), 15, start_), 5u);
  EXPECT_EQ(allowed(address("2001:db8:0:1::1"), 15, start_), 15u);
  EXPECT_EQ(limiter_.sources(), 2u);
}

TEST_F(RateLimiterTest, TheTableIsBoundedAndForgetsWhoWasSilentLongest) {
  const IpAddress busy = address("198.51.100.1");
  EXPECT_EQ(allowed(busy, 100, start_), 20u);
  for (std::uint8_t i = 0; i < 250; ++i) {
    const std::uint8_t octets[4] = {10, 0, 0, i};
    EXPECT_TRUE(limiter_.allow(IpAddress::v4(octets), start_));
    EXPECT_FALSE(limiter_.allow(busy, start_)) << "it is heard all the time";
  }
  EXPECT_EQ(limiter_.sources(), 100u);
  const std::uint8_t first[4] = {10, 0, 0, 0};
  EXPECT_EQ(allowed(IpAddress::v4(first), 100, start_), 20u) << "forgotten: a full bucket again";
}

}  // namespace
}  // namespace hawser
