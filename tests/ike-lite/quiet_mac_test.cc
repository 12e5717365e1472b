// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/quiet_mac.h"

#include <gtest/gtest.h>

#include "tests/support/inner_packets.h"
#include "tests/support/seeded_random.h"

namespace hawser {
namespace {

constexpr std::int64_t kNow = 60 * 30'000'000;  // the beginning of a minute
const IpAddress kFrom = *IpAddress::parse("192.0.2.1");
const IpAddress kElsewhere = *IpAddress::parse("192.0.2.2");

class QuietGateTest : public ::testing::Test {
 protected:
  IkeMessage make_request(std::uint64_t spi = 7, std::int64_t when = kNow) const {
    IkeMessage request;
    request.header.spi_initiator = IkeSpi(spi);
    request.payloads.key_exchange = KeyExchangePayload{.group = 31, .data = Bytes(32, 1)};
    request.payloads.nonce = Bytes(32, 2);
    add_quiet_mac(request.payloads, request.header.spi_initiator, key_, when);
    return request;
  }
  static NotifyPayload& mac_of(IkeMessage& request) { return request.payloads.notifies.back(); }
  bool admits(const IkeMessage& request, const IpAddress& from = kFrom, std::int64_t now = kNow) {
    return gate_.admits(request, from, now);
  }

  SeededRandom random_{1};
  const IdentityPublicKey key_ = IdentityPrivateKey::generate(random_).public_key();
  QuietGate gate_{key_};
};

TEST_F(QuietGateTest, AdmitsWhoKnowsTheKey) { EXPECT_TRUE(admits(make_request())); }

TEST_F(QuietGateTest, NobodyElse) {
  IkeMessage request = make_request();
  request.payloads.notifies.clear();
  EXPECT_FALSE(admits(request));
  add_quiet_mac(request.payloads, request.header.spi_initiator,
                IdentityPrivateKey::generate(random_).public_key(), kNow);
  EXPECT_FALSE(admits(request)) << "under another key";
  EXPECT_EQ(gate_.seen(), 0u);
}

TEST_F(QuietGateTest, CoversSpiNonceAndKeyExchange) {
  for (int i = 0; i < 5; ++i) {
    IkeMessage request = make_request();
    if (i == 0) request.header.spi_initiator = IkeSpi(8);
    if (i == 1) request.payloads.key_exchange->group = 19;
    if (i == 2) request.payloads.key_exchange->data[31] ^= 1;
    if (i == 3) request.payloads.nonce->back() ^= 1;
    if (i == 4) {  // an octet moves from the nonce to the public value
      request.payloads.key_exchange->data.push_back(request.payloads.nonce->front());
      request.payloads.nonce->erase(request.payloads.nonce->begin());
    }
    EXPECT_FALSE(admits(request)) << i;
  }
  IkeMessage request = make_request();
  for (std::size_t bit = 0; bit < 8 * mac_of(request).data.size(); ++bit) {
    mac_of(request).data[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT_FALSE(admits(request)) << bit;
    mac_of(request).data[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
  }
  mac_of(request).data.push_back(0);
  EXPECT_FALSE(admits(request));
  request = make_request();
  request.payloads.nonce.reset();
  EXPECT_FALSE(admits(request));
  request = make_request();
  request.payloads.key_exchange.reset();
  EXPECT_FALSE(admits(request));
  EXPECT_EQ(gate_.seen(), 0u) << "what is not admitted is not remembered";
}

TEST_F(QuietGateTest, OnlyStampsOfTheseMinutes) {
  for (std::int64_t minutes = -5; minutes <= 5; ++minutes) {
    const auto request = make_request(static_cast<std::uint64_t>(minutes + 100));
    EXPECT_EQ(admits(request, kFrom, kNow + 60 * minutes), minutes >= -2 && minutes <= 2)
        << minutes;
  }
}

TEST_F(QuietGateTest, ARecordedRequestIsAnsweredNowhereElse) {
  const IkeMessage request = make_request();
  EXPECT_TRUE(admits(request));
  EXPECT_TRUE(admits(request)) << "a retransmission";
  EXPECT_FALSE(admits(request, kElsewhere));
  EXPECT_FALSE(admits(request, kElsewhere, kNow + 120));
  EXPECT_FALSE(admits(request, kFrom, kNow + 180)) << "too old for anybody";
  EXPECT_FALSE(admits(request, kElsewhere, kNow + 180));
}

// Also one that was stamped by a clock that is ahead: as long as the stamp is good, the SPI is
// known.
TEST_F(QuietGateTest, WhatIsGoodIsNotForgotten) {
  const IkeMessage request = make_request(7, kNow + 120);
  EXPECT_TRUE(admits(request));
  for (std::int64_t minute = 0; minute <= 10; ++minute) {
    EXPECT_FALSE(admits(request, kElsewhere, kNow + 60 * minute)) << minute;
  }
}

// The cookie is not covered: the same request comes again, with one.
TEST_F(QuietGateTest, AdmitsTheAnswerToACookie) {
  IkeMessage request = make_request();
  EXPECT_TRUE(admits(request));
  request.payloads.add_notify(NotifyType::kCookie, Bytes(17, 1));
  EXPECT_TRUE(admits(request));
}

// INVALID_KE_PAYLOAD: another public value under the same SPI needs another MAC.
TEST_F(QuietGateTest, AdmitsAnotherGroup) {
  IkeMessage request = make_request();
  EXPECT_TRUE(admits(request));
  request.payloads.key_exchange = KeyExchangePayload{.group = 19, .data = Bytes(64, 1)};
  EXPECT_FALSE(admits(request));
  add_quiet_mac(request.payloads, request.header.spi_initiator, key_, kNow);
  EXPECT_EQ(request.payloads.notifies.size(), 1u) << "it replaces the one before";
  EXPECT_TRUE(admits(request));
}

TEST_F(QuietGateTest, MemoryIsBoundedAndGivenBack) {
  for (std::uint64_t spi = 1; spi <= QuietGate::kMaxSeen + 100; ++spi) {
    EXPECT_TRUE(admits(make_request(spi)));
  }
  EXPECT_EQ(gate_.seen(), QuietGate::kMaxSeen);
  EXPECT_FALSE(admits(make_request(QuietGate::kMaxSeen), kElsewhere)) << "a late one is known";
  EXPECT_TRUE(admits(make_request(1'000'000, kNow + 600), kFrom, kNow + 600));
  EXPECT_EQ(gate_.seen(), 1u);
}

}  // namespace
}  // namespace hawser
