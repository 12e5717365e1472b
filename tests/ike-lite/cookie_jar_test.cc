// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/cookie_jar.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

class CookieJarTest : public ::testing::Test {
 protected:
  CookieJar::Subject subject() const {
    return {.spi_initiator = IkeSpi(7), .nonce = nonce_, .address = *IpAddress::parse("192.0.2.1")};
  }
  bool is_valid(const Bytes& cookie, TimePoint now) {
    return jar_.is_valid(cookie, subject(), now);
  }

  SeededRandom random_{1};
  const TimePoint start_{Seconds(1000)};
  CookieJar jar_{random_, start_};
  Bytes nonce_ = Bytes(32, 3);
};

TEST_F(CookieJarTest, FitsTheNotifyAndIsTheSameForTheSameSubject) {
  const Bytes cookie = jar_.make(subject(), start_);
  EXPECT_LE(cookie.size(), 64u);  // RFC 7296 section 2.6
  EXPECT_EQ(jar_.make(subject(), start_), cookie);
  EXPECT_TRUE(is_valid(cookie, start_));
}

TEST_F(CookieJarTest, IsForOneSubject) {
  const Bytes cookie = jar_.make(subject(), start_);
  CookieJar::Subject other = subject();
  other.spi_initiator = IkeSpi(8);
  EXPECT_FALSE(jar_.is_valid(cookie, other, start_));
  other = subject();
  other.address = *IpAddress::parse("192.0.2.2");
  EXPECT_FALSE(jar_.is_valid(cookie, other, start_));
  other = subject();
  Bytes nonce = nonce_;
  nonce[31] ^= 1;
  other.nonce = nonce;
  EXPECT_FALSE(jar_.is_valid(cookie, other, start_));
}

// The octets of an IPv4 address and a nonce cannot be taken for those of an IPv6 address.
TEST_F(CookieJarTest, FamiliesAreApart) {
  const Bytes v6_octets(16, 3);
  const CookieJar::Subject v6 = {
      .spi_initiator = IkeSpi(7), .nonce = nonce_, .address = IpAddress::v6(v6_octets.data())};
  const Bytes longer(32 + 12, 3);
  const CookieJar::Subject v4 = {
      .spi_initiator = IkeSpi(7), .nonce = longer, .address = IpAddress::v4(v6_octets.data())};
  EXPECT_FALSE(jar_.is_valid(jar_.make(v4, start_), v6, start_));
}

TEST_F(CookieJarTest, EveryChangedBitAndSize) {
  const Bytes cookie = jar_.make(subject(), start_);
  for (std::size_t bit = 0; bit < 8 * cookie.size(); ++bit) {
    Bytes changed = cookie;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(is_valid(changed, start_)) << bit;
  }
  for (std::size_t size = 0; size < cookie.size(); ++size) {
    EXPECT_FALSE(is_valid(Bytes(cookie.begin(), cookie.begin() + static_cast<int>(size)), start_));
  }
  Bytes longer = cookie;
  longer.push_back(0);
  EXPECT_FALSE(is_valid(longer, start_));
}

TEST_F(CookieJarTest, LivesForTheSecretAndTheNextOne) {
  const Bytes cookie = jar_.make(subject(), start_ + Seconds(59));
  EXPECT_TRUE(is_valid(cookie, start_ + Seconds(60)));
  EXPECT_TRUE(is_valid(cookie, start_ + Seconds(119)));
  EXPECT_FALSE(is_valid(cookie, start_ + Seconds(120)));
}

TEST_F(CookieJarTest, AfterALongRestNoOldSecretIsLeft) {
  const Bytes cookie = jar_.make(subject(), start_);
  EXPECT_FALSE(is_valid(cookie, start_ + Seconds(120)));
  const Bytes fresh = jar_.make(subject(), start_ + Seconds(100000));
  EXPECT_TRUE(is_valid(fresh, start_ + Seconds(100000)));
}

// After 256 secrets the version comes again; the secret does not.
TEST_F(CookieJarTest, ARepeatedVersionIsNoRepeatedSecret) {
  const Bytes cookie = jar_.make(subject(), start_);
  for (int i = 1; i <= 256; ++i) {
    EXPECT_EQ(is_valid(cookie, start_ + i * CookieJar::kSecretLifetime), i < 2) << i;
  }
  EXPECT_EQ(jar_.make(subject(), start_ + 256 * CookieJar::kSecretLifetime)[0], cookie[0]);
}

TEST(CookieJarStart, TwoJarsDiffer) {
  SeededRandom random(1);
  CookieJar first(random, TimePoint());
  CookieJar second(random, TimePoint());
  const CookieJar::Subject subject = {.spi_initiator = IkeSpi(7)};
  EXPECT_FALSE(second.is_valid(first.make(subject, TimePoint()), subject, TimePoint()));
}

}  // namespace
}  // namespace hawser
