// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/nat_detection.h"

#include <gtest/gtest.h>

#include "ike-lite/ike_message.h"
#include "tests/ike-lite/ike_capture.h"

namespace hawser {
namespace {

TransportAddress end(const char* text) { return *TransportAddress::parse(text); }
AddressPair reversed(const AddressPair& path) {
  return {.local = path.remote, .remote = path.local};
}

constexpr IkeSpiPair kSpis = {IkeSpi(0x0102030405060708), IkeSpi(0)};
const AddressPair kPath = {.local = end("10.0.0.1:4500"), .remote = end("192.0.2.1:4500")};

std::optional<NatVerdict> verdict_of(const AddressPair& sent, const AddressPair& received) {
  IkePayloads payloads;
  add_nat_detection(payloads, kSpis, sent);
  return detect_nat(payloads, kSpis, received);
}

TEST(NatDetection, NoNat) {
  EXPECT_EQ(verdict_of(kPath, reversed(kPath)), NatVerdict());
  const AddressPair v6 = {.local = end("[2001:db8::1]:500"), .remote = end("[2001:db8::2]:4500")};
  EXPECT_EQ(verdict_of(v6, reversed(v6)), NatVerdict());
}

TEST(NatDetection, EachSide) {
  AddressPair seen = reversed(kPath);
  seen.remote = end("198.51.100.7:4500");
  EXPECT_EQ(verdict_of(kPath, seen), (NatVerdict{.peer_is_behind_nat = true}));
  seen = reversed(kPath);
  seen.remote.port = 61000;
  EXPECT_EQ(verdict_of(kPath, seen), (NatVerdict{.peer_is_behind_nat = true}));
  seen = reversed(kPath);
  seen.local = end("10.7.7.7:4500");
  EXPECT_EQ(verdict_of(kPath, seen), (NatVerdict{.we_are_behind_nat = true}));
  seen.remote.port = 61000;
  EXPECT_EQ(verdict_of(kPath, seen),
            (NatVerdict{.peer_is_behind_nat = true, .we_are_behind_nat = true}));
}

TEST(NatDetection, AnUnspecifiedSourceLooksLikeANat) {
  AddressPair path = kPath;
  path.local = TransportAddress();
  EXPECT_EQ(verdict_of(path, reversed(kPath)), (NatVerdict{.peer_is_behind_nat = true}));
}

// RFC 7296 section 2.23: a sender may name several sources of its own.
TEST(NatDetection, OneOfSeveralSources) {
  IkePayloads payloads;
  AddressPair other = kPath;
  other.local = end("10.0.0.2:4500");
  add_nat_detection(payloads, kSpis, other);
  add_nat_detection(payloads, kSpis, kPath);
  EXPECT_EQ(detect_nat(payloads, kSpis, reversed(kPath)), NatVerdict());
}

TEST(NatDetection, TheSpisCount) {
  IkePayloads payloads;
  add_nat_detection(payloads, {kSpis.initiator, IkeSpi(1)}, kPath);
  EXPECT_EQ(detect_nat(payloads, kSpis, reversed(kPath)),
            (NatVerdict{.peer_is_behind_nat = true, .we_are_behind_nat = true}));
}

TEST(NatDetection, APeerThatSaysNothingOrNonsense) {
  IkePayloads payloads;
  EXPECT_EQ(detect_nat(payloads, kSpis, kPath), std::nullopt);
  payloads.add_notify(NotifyType::kNatDetectionSourceIp, Bytes(20));
  EXPECT_EQ(detect_nat(payloads, kSpis, kPath), std::nullopt);
  payloads.add_notify(NotifyType::kNatDetectionDestinationIp, Bytes(3));
  EXPECT_EQ(detect_nat(payloads, kSpis, kPath),
            (NatVerdict{.peer_is_behind_nat = true, .we_are_behind_nat = true}));
}

// strongSwan over libipsec sends a wrong source hash on purpose; the destination is right.
TEST(NatDetection, OfACapture) {
  const test::IkeCapture capture("psk");
  const auto request = IkeMessage::parse(capture.hex("ike_sa_init_i"));
  const auto response = IkeMessage::parse(capture.hex("ike_sa_init_r"));
  ASSERT_TRUE(request && response);
  const AddressPair at_responder = {.local = end("10.90.2.2:500"), .remote = end("10.90.1.2:500")};
  const auto at_initiator = detect_nat(response->payloads, capture.spis(), reversed(at_responder));
  EXPECT_EQ(at_initiator, (NatVerdict{.peer_is_behind_nat = true}));
}

}  // namespace
}  // namespace hawser
